"""A training run as one HTML page: curves, health, matches, and games to click through."""

import html
import json
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import numpy as np

from engine.board import BLACK
from engine.game import Game
from engine.notation import vertex_of_action
from engine.rulesets import Rules, rules_from_dict
from selfplay.given_games import BEFORE_ALL
from selfplay.health import MONITORS, warnings
from selfplay.records import GameRecord
from selfplay.run_rating import ELO
from selfplay.run_store import RunError, RunStore
from selfplay.training_loop import CPU_SECONDS

NUM_SAMPLE_GAMES = 3
BLUE, ORANGE = "#0072B2", "#E69F00"
"""Colors that color-blind people tell apart."""
CURVES = (
    ("Losses", ("loss_policy", "held_out_policy_loss", "loss_value", "held_out_value_loss"), "loss"),
    ("Who wins", ("black_win_share", "draw_share"), "share of games"),
    ("Length", ("mean_moves",), "moves a game"),
    ("Variety", ("policy_entropy",), "nats"),
)
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; } table { border-collapse: collapse; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #ddd; }
.bad { color: #a33; font-weight: bold; } .curves svg { width: 49%; height: auto; }
pre { font-size: .8rem; overflow: auto; } .game { display: inline-block; margin: 0 1rem 1rem 0; }
input[type=range] { width: 20rem; display: block; }
"""
SCRIPT = """
for (const game of document.querySelectorAll('.game')) {
  const frames = JSON.parse(game.dataset.frames), slider = game.querySelector('input');
  const show = () => {
    const frame = frames[slider.value];
    game.querySelectorAll('.stone').forEach((stone, place) => {
      const color = frame.board[place];
      stone.setAttribute('fill', color === '1' ? '#111' : '#fff');
      stone.setAttribute('visibility', color === '0' ? 'hidden' : 'visible');
    });
    game.querySelector('.said').textContent = frame.text;
  };
  slider.addEventListener('input', show);
  show();
}
"""


def run_page(store: RunStore) -> str:
    """The page.

    Args:
        store: of a run.

    Returns:
        HTML that refers to nothing outside itself.

    Raises:
        RunError: the run has not begun.
    """
    config = store.fact("config")
    if config is None:
        raise RunError(f"run {store.folder}: expected one that has begun")
    rules = rules_from_dict(config["rules"])
    facts = {"config": config, "environment": store.fact("environment")}
    parts = [
        f"<h1>yomi run {_text(store.folder.name)}</h1>",
        f"<p>{_text(rules.describe())}</p>",
        _totals(store),
        "<h2>Health of the last round</h2>",
        _health(store, rules),
        "<h2>Curves</h2>",
        f'<div class="curves">{"".join(_curves(store))}</div>',
        "<h2>Matches</h2>",
        _matches(store),
        "<h2>Games of the last round</h2>",
        "".join(_sample(game) for game in _last_games(store)),
        "<h2>Configuration and environment</h2>",
        f"<pre>{_text(json.dumps(facts, indent=1))}</pre>",
    ]
    return (
        "<!doctype html>\n<html lang=en><meta charset=utf-8>"
        f"<title>yomi run {_text(store.folder.name)}</title><style>{STYLE}</style>\n"
        + "\n".join(parts)
        + f"\n<script>{SCRIPT}</script></html>\n"
    )


def _text(value: object) -> str:
    return html.escape(str(value))


def _table(heads: list[str], rows: list[list[Any]]) -> str:
    cells = [f"<tr>{''.join(f'<th>{_text(head)}</th>' for head in heads)}</tr>"]
    cells += [f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows]
    return f"<table>{''.join(cells)}</table>"


def _totals(store: RunStore) -> str:
    checkpoints = store.checkpoints()
    if not checkpoints:
        return "<p>No round is finished yet.</p>"
    last = checkpoints[-1]
    positions = store.num_positions("selfplay", last.iteration)
    given = store.num_positions("selfplay", BEFORE_ALL)
    source = f" ({given:,} of them from other runs)" if given else ""
    return (
        f"<p>{last.iteration} rounds, {positions:,} positions{source}, {last.step:,} training steps,"
        f" {last.evaluations:,} network evaluations in self-play.</p>"
    )


def _latest(store: RunStore, name: str) -> float | None:
    values = store.metrics(name)
    return values[-1][1] if values else None


def _health(store: RunStore, rules: Rules) -> str:
    rows = []
    for monitor in MONITORS:
        value = _latest(store, monitor.metric)
        if value is None or monitor.game not in (None, rules.game):
            continue
        said = warnings({monitor.metric: value}, rules)
        scale, unit = (100, " %") if monitor.is_share else (1, "")
        mark = f'<span class="bad">{_text(monitor.advice)}</span>' if said else "well"
        bounds = f"{scale * monitor.low:g} .. {scale * monitor.high:g}{unit}"
        rows.append([_text(monitor.label), f"{scale * value:.3g}{unit}", bounds, mark])
    return _table(["what", "value", "range", "verdict"], rows) if rows else "<p>Nothing measured yet.</p>"


def _curves(store: RunStore) -> list[str]:
    curves = []
    for title, names, unit in CURVES:
        lines = {name: store.metrics(name) for name in names}
        if any(lines.values()):
            curves.append(_plot(title, {name: line for name, line in lines.items() if line}, unit))
    if strength_by_hours(store):
        curves.append(strength_curve(store))
    return curves


def strength_by_hours(store: RunStore) -> list[tuple[float, float]]:
    """What a run that rates itself (`elo_every`) has reached: core-hours so far and Elo, round by round."""
    spent = dict(store.metrics(CPU_SECONDS))
    return [(spent[done] / 3600, elo) for done, elo in store.metrics(ELO) if done in spent]


def strength_curve(store: RunStore) -> str:
    """An SVG of strength against core-hours.

    Args:
        store: of a run.

    Raises:
        RunError: the run has not rated itself.
    """
    points = strength_by_hours(store)
    if not points:
        raise RunError(f"run {store.folder}: expected ratings, such as --set elo_every=10 makes")
    return _plot("Strength", {ELO: [(0.0, 0.0), *points]}, "Elo above the start", "core-hours")


def _plot(
    title: str, lines: Mapping[str, Sequence[tuple[float, float]]], unit: str, along: str = "round"
) -> str:
    """An SVG of some curves over rounds, or over something else."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.5))
    for index, (name, line) in enumerate(lines.items()):
        color, style = (BLUE, ORANGE)[index // 2 % 2], ("-", "--")[index % 2]
        axes.plot(*zip(*line, strict=True), style, color=color, label=name.replace("_", " "))
    axes.set_title(title)
    axes.set_xlabel(along)
    axes.set_ylabel(unit)
    axes.legend(frameon=False)
    figure.tight_layout()
    drawn = StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    text = drawn.getvalue()
    return text[text.index("<svg") :]


def _matches(store: RunStore) -> str:
    rows = [
        [
            _text(match["first"]),
            _text(match["second"]),
            f"{100 * match['win_rate']:.1f} %",
            " .. ".join(f"{100 * end:.1f}" for end in match["interval"]),
            match["games"],
            _text(match["verdict"]),
        ]
        for match in store.matches()
    ]
    heads = ["first", "second", "win rate", "95 %", "games", "verdict"]
    return _table(heads, rows) if rows else "<p>None yet: <code>yomi match RUN uct:1000</code> plays one.</p>"


def _last_games(store: RunStore) -> list[GameRecord]:
    checkpoints = store.checkpoints()
    if not checkpoints:
        return []
    return store.games("selfplay", iteration=checkpoints[-1].iteration)[:NUM_SAMPLE_GAMES]


def _sample(record: GameRecord) -> str:
    """A board with a slider; the frames lie in the page."""
    game = Game(record.rules)
    frames = [_frame(game, "the empty board")]
    for ply, action in enumerate(record.moves):
        color = "Black" if game.to_play == BLACK else "White"
        expects = (float(record.root_values[ply]) + 1) / 2
        game.play(int(action))
        vertex = vertex_of_action(int(action), record.rules)
        frames.append(_frame(game, f"{ply + 1}. {color} {vertex}, expects to win with {100 * expects:.0f} %"))
    text = html.escape(json.dumps(frames), quote=True)
    return (
        f'<div class="game" data-frames="{text}">{_board(record.rules)}'
        f'<input type="range" min="0" max="{len(record.moves)}" value="{len(record.moves)}"'
        ' aria-label="move"><div class="said"></div></div>'
    )


def _frame(game: Game, text: str) -> dict[str, str]:
    stones = np.asarray(game.stones())
    return {"board": "".join(str(int(stone)) for stone in stones.ravel()), "text": text}


def _board(rules: Rules) -> str:
    """An empty board as SVG, with a hidden stone on every point."""
    width, height = rules.width, rules.height
    lines = [f"M{x + 0.5} 0.5V{height - 0.5}" for x in range(width)]
    lines += [f"M0.5 {y + 0.5}H{width - 0.5}" for y in range(height)]
    stones = "".join(
        f'<circle class="stone" cx="{x + 0.5}" cy="{y + 0.5}" r="0.45" stroke="#111" stroke-width="0.03"'
        f' visibility="hidden" fill="#fff"/>'
        for y in range(height)
        for x in range(width)
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" width="320" style="background:#dcb35c">'
        f'<path d="{"".join(lines)}" stroke="#111" stroke-width="0.03"/>{stones}</svg>'
    )
