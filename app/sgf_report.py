"""What `yomi sgf check` finds in files and how it tells it."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from app.options import GO_SETS, with_ruleset
from engine.errors import SgfError
from engine.sgf import game_of_tree
from engine.sgf_replay import first_fault
from engine.sgf_tree import SgfNode, errors_in, read_trees


@dataclass
class SgfReport:
    """What was found in files.

    Attributes:
        ruleset: a named set of rules for all games of its kind, or None for those of the files.
        num_files: files looked at.
        num_games: games read.
        num_moves: moves of these games, those behind an illegal one included.
        num_unreadable: files or games that could not be read.
        reasons: illegal games by what was wrong.
        findings: what is wrong, game by game.
    """

    ruleset: str | None = None
    num_files: int = 0
    num_games: int = 0
    num_moves: int = 0
    num_unreadable: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def add_file(self, path: Path) -> None:
        """Check the games of one file."""
        self.num_files += 1
        name = click.format_filename(path)
        try:
            roots = read_trees(path)
        except SgfError as error:
            self._add_unreadable(name, error)
            return
        for number, root in enumerate(roots, 1):
            try:
                self._add_game(name, number, root)
            except SgfError as error:
                self._add_unreadable(name, error)

    def _add_game(self, name: str, number: int, root: SgfNode) -> None:
        with errors_in(name if number == 1 else f"{name}, game {number}"):
            game = game_of_tree(root)
        if self.ruleset is not None and (self.ruleset in GO_SETS) == (game.rules.game == "go"):
            game = replace(game, rules=with_ruleset(game.rules, self.ruleset))
        self.num_games += 1
        self.num_moves += len(game.moves)
        fault = first_fault(game)
        if fault is not None:
            self.reasons[fault.reason] += 1
            rules = game.rules.describe()
            self.findings.append({"file": name, "game": number, **asdict(fault), "rules": rules})

    def _add_unreadable(self, name: str, error: SgfError) -> None:
        self.num_unreadable += 1
        self.findings.append({"file": name, "error": str(error)})

    def lines(self) -> list[str]:
        """The findings and a summary for people."""
        counts = (
            f"{self.num_games:,} games in {self.num_files:,} files, {self.num_moves:,} moves:"
            f" {self.reasons.total():,} illegal, {self.num_unreadable:,} unreadable"
        )
        reasons = [f"  {count:,} {reason}" for reason, count in self.reasons.most_common()]
        return [*map(_line, self.findings), counts, *reasons]

    def json_lines(self) -> list[str]:
        """The findings and a summary, each as one JSON object."""
        summary = {
            "files": self.num_files,
            "games": self.num_games,
            "moves": self.num_moves,
            "illegal": dict(self.reasons),
            "unreadable": self.num_unreadable,
        }
        return [json.dumps(row) for row in (*self.findings, summary)]


def _line(finding: dict[str, Any]) -> str:
    if "error" in finding:
        return str(finding["error"])
    game = f", game {finding['game']}" if finding["game"] > 1 else ""
    move = f"move {finding['number']}, {finding['color']} {finding['vertex']}"
    what = move if finding["number"] else "the position set up"
    return f"{finding['file']}{game}: {what}: {finding['reason']} ({finding['rules']})"
