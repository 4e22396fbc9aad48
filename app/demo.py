"""`yomi demo`: learn from who won and from preferences, from the same start, and compare."""

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.arm_process import ArmProcess
from app.console import announce_compilation, notice, stopping
from app.demo_report import CHART_FILE, draw_in_terminal, print_report, save_chart
from app.pretrain import sgf_files
from app.progress import Progress, duration, getting_ready

if TYPE_CHECKING:
    from rlhf_variant.demonstration import Plan
    from selfplay.agents import AgentSpec
    from selfplay.arena import MatchResult
    from selfplay.records import GameRecord

RESULT_FILE = "result.json"
REFERENCE_FILE = "reference.safetensors"
HEADLINE_GAMES = 200
SIDE_GAMES = 100
UCT_GAMES = 20
TWIN_DEADLINE_S = 200.0
"""The twin is trained only if the two arms were done by then."""
DEFAULT_SIZE = {"go": 7, "gomoku": 6}
DEFAULT_LABELER = {"go": "stones", "gomoku": "lines"}


@click.command()
@click.option("--game", type=click.Choice(["go", "gomoku"]), default="go", show_default=True)
@click.option("--size", type=int, help="Points of a side. Default: 7 for Go, 6 for Gomoku, 9 with --sgf.")
@click.option(
    "--labeler", help="stones, influence, lines, truth or noisy-truth. Default: stones; Gomoku: lines."
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--sgf",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Clone the reference policy from real games in this folder instead of a search's games.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("yomi-demo"), show_default=True, help="Where to."
)
@click.option("--twin/--no-twin", default=True, help="Whether to train a third agent taught by the truth.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def demo(
    game: str,
    size: int | None,
    labeler: str | None,
    seed: int,
    sgf: Path | None,
    out: Path,
    twin: bool,
    as_json: bool,
) -> None:
    """Learn both ways in a few minutes and compare.

    A reference policy is cloned from games. From its weights one agent learns from who wins (RL), another
    from a reward model of a labeler's comparisons (RLHF), at equal self-play; a twin of the latter learns
    from comparisons by the truth. Then they meet.
    """
    started = time.monotonic()
    with stopping(f"{out} keeps what was finished; the demo starts anew next time"):
        with getting_ready():
            from app.options import usual_rules
            from rlhf_variant.demonstration import Plan
            from rlhf_variant.labelers import labeler_of

            side = size or (9 if sgf else DEFAULT_SIZE[game])
            name = labeler_of(labeler or DEFAULT_LABELER[game]).name
            # Longer games are two beginners filling their own land; at the limit the board is scored.
            rules = replace(usual_rules(game, side, side), move_limit=2 * side * side)
            plan = Plan(rules, name, seed)
            _prepare_folder(out)
        announce_compilation()
        result = Demonstration(plan, out, started).run(sgf, twin=twin)
    if as_json:
        click.echo(json.dumps(result))
        return
    print_report(result)
    draw_in_terminal(result)
    click.echo(f"\nChart: {result['chart']}")
    click.echo(f"All figures: {out / RESULT_FILE}   ({duration(result['seconds'])})")


def _prepare_folder(out: Path) -> None:
    """Make the folder, and remove the runs that an earlier demo left in it."""
    from engine.errors import YomiError
    from rlhf_variant.demonstration import ARMS
    from selfplay.run_store import DATABASE

    try:
        out.mkdir(parents=True, exist_ok=True)
        for arm in ARMS:
            if (out / arm / DATABASE).is_file():
                shutil.rmtree(out / arm)
        (out / RESULT_FILE).unlink(missing_ok=True)
    except OSError as error:
        raise YomiError(f"folder {out}: cannot be written ({error.strerror})") from None


class Demonstration:
    """The steps of the demo, in order."""

    def __init__(self, plan: "Plan", out: Path, started: float) -> None:
        """Prepare.

        Args:
            plan: what is demonstrated.
            out: the folder.
            started: `time.monotonic()` of the demo's start.
        """
        self._plan = plan
        self._out = out
        self._started = started
        self._arms: dict[str, ArmProcess] = {}
        self._pairs: list[dict[str, Any]] = []
        self._judges: dict[str, Any] = {}

    def run(self, sgf: Path | None, *, twin: bool) -> dict[str, Any]:
        """Do it all.

        Args:
            sgf: folder of games to clone, or None for a search's games.
            twin: whether to train the arm taught by the truth.

        Returns:
            What result.json holds.
        """
        reference, told = self._reference(sgf)
        try:
            budget = self._budget(reference)
            self._train(["RL", "RLHF"], reference, budget)
            has_time = time.monotonic() - self._started < TWIN_DEADLINE_S
            if twin and has_time:
                self._start("twin", reference, budget)
            elif twin:
                notice("The twin taught by the truth is left out: this machine has no time for it.")
            self._matches(reference)
        finally:
            for arm in self._arms.values():
                arm.end()
        return self._report(told)

    def _reference(self, sgf: Path | None) -> tuple[Path, str]:
        from rlhf_variant.demonstration import TEACHER_VISITS, clone_reference

        games = self._sgf_games(sgf) if sgf else self._teacher_games()
        path = self._out / REFERENCE_FILE
        bar = Progress("Cloning the reference policy")

        def announce(steps: int) -> None:
            nonlocal bar
            bar = Progress("Cloning the reference policy", steps).start()

        try:
            accuracy = clone_reference(self._plan, games, path, announce, lambda count: bar.advance(count))
        finally:
            bar.stop()
        source = f"{len(games)} games of {sgf}" if sgf else f"{len(games)} games of uct:{TEACHER_VISITS}"
        return path, f"cloned from {source}, foretells {100 * accuracy:.0f} % of held-out moves"

    def _teacher_games(self) -> "list[GameRecord]":
        from rlhf_variant.demonstration import TEACHER_GAMES, teacher_games

        with Progress("Games of a plain search, to clone", TEACHER_GAMES) as progress:
            return teacher_games(self._plan, 2, progress.advance)

    def _sgf_games(self, folder: Path) -> "list[GameRecord]":
        from engine.errors import YomiError
        from rlhf_variant.demonstration import TEACHER_GAMES
        from selfplay.imitation import records_from_sgf

        rules = self._plan.rules
        paths = sgf_files(folder, TEACHER_GAMES + TEACHER_GAMES // 8)  # some are unusable
        with Progress("Reading games", len(paths)) as progress:
            games, _ = records_from_sgf(paths, rules.game, rules.width, progress.advance)
        if len(games) < 20:
            raise YomiError(f"{folder}: expected at least 20 games of {rules.width}x{rules.height}")
        return games

    def _budget(self, reference: Path) -> int:
        from rlhf_variant.demonstration import measured_budget

        with Progress("Measuring this machine, to give all agents the same budget"):
            budget = measured_budget(self._plan, reference)
        notice(f"Budget of each agent: {budget:,} network evaluations of self-play.")
        return budget

    def _start(self, arm: str, reference: Path, budget: int) -> None:
        self._arms[arm] = ArmProcess(self._plan, arm, self._out / arm, reference, budget)

    def _train(self, arms: list[str], reference: Path, budget: int) -> None:
        for arm in arms:
            self._start(arm, reference, budget)
        with Progress("RL and RLHF learn, one core each", 100) as progress:
            shown = 0
            while any(self._arms[arm].is_alive() for arm in arms):
                time.sleep(0.2)
                share = sum(self._arms[arm].share for arm in arms) / len(arms)
                progress.advance(int(100 * share) - shown)
                shown = int(100 * share)
        for arm in arms:
            self._arms[arm].result()

    def _matches(self, reference: Path) -> None:
        from rlhf_variant.demonstration import arm_agent, judge
        from selfplay.agents import open_agent

        plan = self._plan

        def agent(arm: str, visits: int = plan.visits) -> "AgentSpec":
            weights = reference if arm == "reference" else self._arms[arm].result()
            return arm_agent(plan, arm, weights, visits)

        rl, rlhf = agent("RL"), agent("RLHF")
        headline = self._play(rlhf, rl, HEADLINE_GAMES)
        self._judges["RLHF v RL"] = judge(plan, self._out / "RLHF", headline).to_dict()
        self._add(headline.reversed(), plan.visits)
        self._add(self._play(rl, open_agent("random"), SIDE_GAMES), plan.visits)
        self._add(self._play(rl, agent("reference"), SIDE_GAMES), plan.visits)
        self._add(self._play(rlhf, open_agent("random"), SIDE_GAMES), plan.visits)
        against_reference = self._play(rlhf, agent("reference"), SIDE_GAMES)
        self._judges["RLHF v reference"] = judge(plan, self._out / "RLHF", against_reference).to_dict()
        self._add(against_reference, plan.visits)
        self._add(self._play(agent("RL", 1), agent("RLHF", 1), HEADLINE_GAMES), 1)
        self._add(self._play(rl, open_agent("uct:1000"), UCT_GAMES), plan.visits)
        self._add(self._play(rlhf, open_agent("uct:1000"), UCT_GAMES), plan.visits)
        if "twin" in self._arms:
            with Progress("The twin taught by the truth finishes"):
                twin = agent("twin")
            against_rl = self._play(twin, rl, HEADLINE_GAMES)
            self._judges["twin v RL"] = judge(plan, self._out / "twin", against_rl).to_dict()
            self._add(against_rl.reversed(), plan.visits)
            self._add(self._play(twin, rlhf, SIDE_GAMES), plan.visits)

    def _play(self, first: "AgentSpec", second: "AgentSpec", games: int) -> "MatchResult":
        from selfplay.arena import play_match

        twin = self._arms.get("twin")
        threads = 1 if twin is not None and twin.is_alive() else 2
        with Progress(f"{first.name} against {second.name}", games) as progress:
            return play_match(
                first,
                second,
                self._plan.rules,
                games,
                seed=self._plan.seed + 1000,
                num_threads=threads,
                progress=progress.advance,
            )

    def _add(self, match: "MatchResult", visits: int) -> None:
        names = {"first": match.first.split(" ")[0], "second": match.second.split(" ")[0]}
        figures = {**match.to_dict(), **names}
        verdict = match.verdict().split(" ")[0]
        stronger = verdict in names.values()
        figures["verdict"] = f"{verdict} is stronger" if stronger else match.verdict()
        self._pairs.append({**figures, "visits": visits})

    def _report(self, told: str) -> dict[str, Any]:
        from rlhf_variant.variant_loop import preference_report
        from selfplay.checkpoint import write_atomically
        from selfplay.run_store import RunStore, environment

        models = {}
        for arm in self._arms:
            if arm != "RL":
                with RunStore(self._out / arm, create=False) as store:
                    models[arm] = preference_report(store)
        result = {
            "rules": self._plan.rules.describe(),
            "seed": self._plan.seed,
            "labeler": self._plan.labeler,
            "visits": self._plan.visits,
            "reference": told,
            "pairs": self._pairs,
            "rm_accuracy": models["RLHF"]["accuracy"],
            "reward_models": models,
            "judges": self._judges,
            "evaluations": {arm: process.evaluations for arm, process in self._arms.items()},
            "shortfalls": self._shortfalls(),
            "chart": str(self._out / CHART_FILE),
            "seconds": round(time.monotonic() - self._started, 1),
            "environment": environment(),
        }
        save_chart(result, self._out / CHART_FILE)
        write_atomically(self._out / RESULT_FILE, (json.dumps(result, indent=1) + "\n").encode())
        return result

    def _shortfalls(self) -> list[str]:
        """What true RL should have reached and did not; said, never hidden."""
        wanted = {"random": 0.95, "reference": 0.90}
        return [
            f"RL against {pair['second']} {100 * pair['win_rate']:.0f} %, expected"
            f" {100 * wanted[pair['second']]:.0f} %"
            for pair in self._pairs
            if pair["first"] == "RL" and pair["win_rate"] < wanted.get(pair["second"], 0.0)
        ]
