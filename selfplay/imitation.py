"""Behavior cloning: a network learns the moves of given games, from SGF files or from search."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from engine.errors import IllegalMoveError, SgfError
from engine.game import Game
from engine.rulesets import GameName, Rules
from engine.sgf import SgfGame
from selfplay.inference import prepare_for_inference
from selfplay.learner import Learner, LearnerConfig
from selfplay.losses import losses
from selfplay.network import Network
from selfplay.records import GameRecord
from selfplay.replay import ReplayBuffer
from selfplay.sgf_games import usable_games
from selfplay.value_source import targets_from_black

CLONING = LearnerConfig(batch_size=128, learning_rate=3e-3)
"""Settings that learn fastest from real 9x9 games; see docs/experiments.md."""
RATE_SCHEDULE = ((0.6, 1.0), (0.25, 0.3), (0.15, 0.1))
"""Shares of the training and the part of the learning rate that holds in each."""
EVALUATION_BATCH = 256


def record_from_sgf(game: SgfGame) -> GameRecord:
    """A game replayed through the engine: targets are its moves and its stated result.

    Moves behind the end of the game (after two passes, or at the move limit) are left out. There are no root
    values, so they are NaN, and no scores: many games end with dead stones on the board.

    Args:
        game: what the file told.

    Returns:
        A record whose visits are one at every move played.

    Raises:
        SgfError: nothing can be learned from it; the message is the reason alone.
    """
    if game.setup:
        raise SgfError("stones set up before the first move")
    if game.result_black is None:
        raise SgfError("no result")
    replayed = Game(game.rules)
    for move in game.moves:
        if replayed.is_over:
            break
        if move.color != replayed.to_play:
            raise SgfError("colors out of turn")
        try:
            replayed.play(move.action)
        except IllegalMoveError:
            raise SgfError("an illegal move") from None
    num_moves = len(replayed.moves)
    if not num_moves:
        raise SgfError("no moves")
    moves = np.array([move.action for move in replayed.moves], np.int16)
    to_play = np.array([move.color for move in replayed.moves], np.int8)
    return GameRecord(
        rules=game.rules,
        moves=moves,
        visits=_one_hot(moves, game.rules),
        root_values=np.full(num_moves, np.nan, np.float32),
        value_targets=targets_from_black(game.result_black, to_play),
        score_black=None,
        is_truncated=game.rules.game == "go" and num_moves == game.rules.resolved_move_limit,
    )


def records_from_sgf(
    paths: Iterable[Path],
    game: GameName,
    size: int,
    progress: Callable[[int], None] = lambda count: None,
) -> tuple[list[GameRecord], Counter[str]]:
    """Read the games of one kind and size from SGF files.

    Args:
        paths: the files.
        game: `go` or `gomoku`.
        size: points of a side of the square board.
        progress: told of files read.

    Returns:
        The usable games in the order of their files, and how many files were skipped for each reason.
    """
    return usable_games(paths, (game, size, size), record_from_sgf, progress)


def moves_as_targets(games: Sequence[GameRecord]) -> list[GameRecord]:
    """The same games with the move played as policy target instead of the visits of a search.

    Args:
        games: any; moves without visits (random openings) stay without a target.
    """
    return [
        replace(game, visits=_one_hot(game.moves, game.rules) * (game.visits.sum(1, keepdims=True) > 0))
        for game in games
    ]


def _one_hot(moves: np.ndarray, rules: Rules) -> np.ndarray:
    visits = np.zeros((len(moves), rules.num_actions), np.uint16)
    visits[np.arange(len(moves)), moves] = 1
    return visits


def clone_moves(
    network: Network,
    games: Sequence[GameRecord],
    *,
    epochs: float,
    seed: int,
    config: LearnerConfig = CLONING,
    fit_values: bool = True,
    threads: int = 2,
    progress: Callable[[int], None] = lambda count: None,
) -> dict[str, float]:
    """Teach a network the moves of some games, under random symmetries and a falling learning rate.

    Args:
        network: trained in place.
        games: at least one move; the policy target is the move played, whatever the search visited.
        epochs: how often each position is drawn on average.
        seed: of draws and of a fresh value head.
        config: settings of the learner.
        fit_values: whether to fit the value head to the games' value targets as well. If not, the value and
            score heads are fresh at the end, as experiments on where values come from start.
        threads: of torch; part of the result, since sums are split among them.
        progress: told of finished steps, of which there are `num_clone_steps`.

    Returns:
        Mean losses by head over the last part of the training.

    Raises:
        DivergedError: a loss was not finite.
    """
    if not fit_values:
        config = replace(config, value_weight=0.0, score_weight=0.0, ownership_weight=0.0)
    torch.set_num_threads(threads)
    buffer = ReplayBuffer(moves_as_targets(games), network.config, config.q_share)
    learner = Learner(network, config)
    random = np.random.default_rng(seed)
    num_steps = num_clone_steps(games, epochs, config)
    means: dict[str, float] = {}
    share_done = 0.0
    for share, factor in RATE_SCHEDULE:
        share_done += share
        phase_steps = round(share_done * num_steps) - learner.step
        if phase_steps:
            learner.rate_scale = factor
            means = learner.train_steps(buffer, phase_steps, random, progress)
    if not fit_values:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network.reset_value_head()
    return means


def num_clone_steps(games: Sequence[GameRecord], epochs: float, config: LearnerConfig = CLONING) -> int:
    """Training steps of `clone_moves`: at least one."""
    return max(1, round(epochs * sum(game.num_moves for game in games) / config.batch_size))


def move_accuracy(network: Network, games: Sequence[GameRecord]) -> dict[str, float]:
    """How well a network foretells the moves and results of games, in the form in which it plays.

    Args:
        network: judges every position as it stands, without symmetries; illegal moves count as wrong.
        games: with at least one policy target; a target is the move played.

    Returns:
        `top1` and `top5`, shares of moves among the first and the first five of the policy; `policy_loss`,
        the mean cross-entropy; `value_loss`, as in training; `positions`, how many were judged.
    """
    buffer = ReplayBuffer(moves_as_targets(games), network.config)
    prepared = prepare_for_inference(network)
    device = next(prepared.parameters()).device
    names = ("top1", "top5", "policy_loss", "value_loss")
    sums = np.zeros(len(names))
    for start in range(0, buffer.num_positions, EVALUATION_BATCH):
        batch = buffer.read(np.arange(start, min(start + EVALUATION_BATCH, buffer.num_positions)))
        with torch.inference_mode():
            output = prepared(torch.from_numpy(batch.planes).to(device))
            parts = losses(output, batch)
        favorites = (-output.policy_logits.cpu().numpy()).argsort(axis=1, kind="stable")[:, :5]
        hits = favorites == batch.policy_target.argmax(axis=1)[:, None]
        means = [hits[:, 0].mean(), hits.any(axis=1).mean(), parts["policy"].item(), parts["value"].item()]
        sums += len(batch.planes) * np.array(means)
    num_judged = buffer.num_positions
    return {**dict(zip(names, (sums / num_judged).tolist(), strict=True)), "positions": num_judged}


def common_rules(games: Sequence[GameRecord]) -> Rules:
    """The rules, komi included, that most of the games were played under."""
    return Counter(game.rules for game in games).most_common(1)[0][0]
