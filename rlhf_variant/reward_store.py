"""Reward models in a run folder: what they were taught by, how well they do, and how to open them again."""

import hashlib
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from engine.rulesets import Rules, rules_from_dict
from rlhf_variant.comparisons import Labeled, answered_queries, labeled_comparisons
from rlhf_variant.reward_ensemble import FittedEnsemble, RewardEnsemble, question_keys
from rlhf_variant.reward_learner import RewardLearnerConfig
from rlhf_variant.reward_model import RewardModel, load_reward_model, save_reward_model
from rlhf_variant.reward_report import belief_report, probabilities
from rlhf_variant.truth_file import TRUTH_DATABASE, TruthFile
from rlhf_variant.variant_loop import REWARD_FILE
from selfplay.run_store import RunError, RunStore

FACT = "reward_ensemble"
LABELER_FACT = "reward_labeler"
"""Whose answers teach the reward models of a run; unset where only one labeler has answered."""


RULES_FACT = "rules"
"""What is played in a run that keeps boards without the games they come from."""


def use_threads(count: int) -> None:
    """Let reward models use so many CPU threads in this process; small ones are fastest on one."""
    torch.set_num_threads(count)


def keep_ensemble(
    store: RunStore, fitted: FittedEnsemble, pairs: Labeled, config: RewardLearnerConfig
) -> None:
    """Write the members of a fitted ensemble into the run folder; see `keep_judge`."""
    fits = [fit._asdict() for fit in fitted.fits]
    keep_judge(store, RewardEnsemble(fitted.members), pairs, config, fits)


def keep_judge(
    store: RunStore,
    judge: RewardModel | RewardEnsemble,
    pairs: Labeled,
    config: RewardLearnerConfig,
    fits: list[dict[str, Any]] | None = None,
) -> None:
    """Write reward models into the run folder and note what they were taught by.

    Args:
        store: the run.
        judge: one model, or several with the rule by which they judge.
        pairs: that they were taught by.
        config: how they were fitted.
        fits: how the fit of each went, where that is known.
    """
    ensemble = judge if isinstance(judge, RewardEnsemble) else RewardEnsemble([judge])
    members = []
    for number, member in enumerate(ensemble.members, 1):
        name = f"reward-{number}.safetensors"
        digest = save_reward_model(store.folder / name, member)
        members.append({"file": name, "sha256": digest, **(fits[number - 1] if fits else {})})
    store.set_fact(
        FACT,
        {
            "members": members,
            "rule": ensemble.rule,
            "num_train": len(pairs.preference_a),
            "comparisons": dataset_digest(pairs),
            "shape": asdict(ensemble.members[0].config),
            "learner": asdict(config),
        },
    )


def open_members(store: RunStore) -> list[RewardModel]:
    """The members of the run's ensemble; without one, its one reward model.

    Raises:
        CheckpointError: a file is missing or damaged.
        RunError: the run has no reward model.
    """
    ensemble, single = store.fact(FACT), store.fact("reward")
    if ensemble is not None:
        return [
            load_reward_model(store.folder / member["file"], member["sha256"])
            for member in ensemble["members"]
        ]
    if single is not None:
        return [load_reward_model(store.folder / REWARD_FILE, single["sha256"])]
    raise RunError(f"run {store.folder}: expected a reward model; `yomi rlhf fit` makes one")


def open_ensemble(store: RunStore) -> RewardEnsemble:
    """The reward models of a run as one judge; see `open_members` for what it raises."""
    return RewardEnsemble(open_members(store), (store.fact(FACT) or {}).get("rule", "mean"))


def answered(store: RunStore) -> tuple[Labeled, Labeled]:
    """The pairs to train on and the held-out ones.

    Raises:
        RunError: there are none.
    """
    labeler = store.fact(LABELER_FACT)
    train, held_out = (labeled_comparisons(store, side, labeler) for side in ("train", "held_out"))
    if not len(train.preference_a) or not len(held_out.preference_a):
        raise RunError(f"run {store.folder}: expected answered comparisons on both sides of the split")
    return train, held_out


def held_out_report(store: RunStore, members: list[RewardModel], error_rate: float) -> dict[str, Any]:
    """How well the members foretell the held-out answers. For reports: it opens the file of truth.

    Args:
        store: the run.
        members: one reward model or an ensemble.
        error_rate: e of the likelihood they were fitted by.
    """
    held_out = answered(store)[1]
    queries = [query for query, _ in answered_queries(store, "held_out", store.fact(LABELER_FACT))]
    plies = np.array([query.a.source.ply for query in queries], np.int64)
    belief = probabilities(members, held_out, error_rate)
    return belief_report(
        belief, held_out.preference_a, plies, _are_hard(store, [query.key for query in queries])
    )


def _are_hard(store: RunStore, keys: list[str]) -> npt.NDArray[np.bool_] | None:
    """Which pairs lie closer in truth than half of them; None where the truth is not known."""
    if not (store.folder / TRUTH_DATABASE).exists():
        return None
    with TruthFile(store.folder) as truth:
        gaps = truth.margin_gaps()
    gap = np.abs([gaps.get(key, np.inf) for key in keys])
    return np.asarray(gap < np.median(gap))


def dataset_digest(pairs: Labeled) -> str:
    """SHA-256 of questions and answers, the same in every process."""
    digest = hashlib.sha256()
    for key in question_keys(pairs):
        digest.update(key)
    digest.update(pairs.preference_a.tobytes())
    return digest.hexdigest()


def rules_of(store: RunStore) -> Rules:
    """The rules of the games that the boards of a run come from.

    Raises:
        RunError: the run has no games of a reference policy, and does not say what is played.
    """
    stated = store.fact(RULES_FACT)
    if stated is not None:
        return rules_from_dict(stated)
    games = store.games("reference")
    if not games:
        raise RunError(f"run {store.folder}: expected games of a reference policy")
    return games[0].rules
