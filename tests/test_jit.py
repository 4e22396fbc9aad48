"""The kernel cache never serves a stale kernel, and random numbers do not depend on the compiler."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from diagrams import IS_INTERPRETED

from engine.board import new_state
from engine.jit import KERNEL_PACKAGES
from engine.random_state import RandomState, new_random_state, next_random, random_below, random_unit
from engine.rulesets import go_rules
from mcts.config import SearchConfig
from mcts.evaluator import RolloutEvaluator
from mcts.search import Search

ROOT = Path(__file__).resolve().parent.parent
MASK = 2**64 - 1
SEED = 0x0123456789ABCDEF

# Calls a kernel of mcts/noise_kernels.py that rests on kernels of engine/random_state.py.
PROBE = f"""
import json, numpy
from engine import jit
was_warm = jit.is_cache_warm()
from mcts.noise_kernels import random_normal
value = random_normal(numpy.array([{SEED}], numpy.uint64), 0)
report = [jit.__file__, str(jit.cache_directory()), jit.sources_digest(), was_warm, float(value)]
print(json.dumps(report))
"""


class SourceCopy:
    """A copy of the kernel packages with a cache of its own, run in new processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "copy"
        self.cache = folder / "cache"
        for package in KERNEL_PACKAGES:
            shutil.copytree(
                ROOT / package, self.folder / package, ignore=shutil.ignore_patterns("__pycache__")
            )

    def replace(self, path: str, old: str, new: str) -> None:
        source = (self.folder / path).read_text()
        assert source.count(old) == 1
        (self.folder / path).write_text(source.replace(old, new))

    def run(self, code: str, **variables: str) -> Any:
        """What a new process prints, read as JSON."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
        process = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.folder,
            env={**inherited, "YOMI_CACHE": str(self.cache), **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 0, process.stderr
        return json.loads(process.stdout)

    def probe(self, **variables: str) -> dict[str, Any]:
        keys = ("file", "directory", "digest", "was_warm", "value")
        found = dict(zip(keys, self.run(PROBE, **variables), strict=True))
        assert Path(found["file"]).is_relative_to(self.folder), "not the copy was imported"
        return found

    def cached_files(self) -> dict[Path, int]:
        """Every file of the cache with the time of its last change."""
        return {path: path.stat().st_mtime_ns for path in self.cache.rglob("*") if path.is_file()}


def test_second_process_uses_the_cache_and_writes_nothing(tmp_path: Path) -> None:
    copy = SourceCopy(tmp_path)
    first = copy.probe()
    written = copy.cached_files()
    assert not first["was_warm"]
    assert len(written) >= 2
    assert all(path.is_relative_to(first["directory"]) for path in written)
    second = copy.probe()
    assert second == {**first, "was_warm": True}
    assert copy.cached_files() == written


def test_edit_of_a_kernel_reaches_the_kernels_of_other_files_that_call_it(tmp_path: Path) -> None:
    copy = SourceCopy(tmp_path)
    before = copy.probe()
    copy.replace("engine/random_state.py", "_SHIFT_LEFT = np.uint64(13)", "_SHIFT_LEFT = np.uint64(12)")
    after = copy.probe()
    assert not after["was_warm"]
    assert after["digest"] != before["digest"]
    assert after["value"] != before["value"]
    copy.replace("engine/random_state.py", "_SHIFT_LEFT = np.uint64(12)", "_SHIFT_LEFT = np.uint64(13)")
    assert copy.probe() == {**before, "was_warm": True}


def test_digest_depends_on_every_kernel_source_and_on_flags(tmp_path: Path) -> None:
    copy = SourceCopy(tmp_path)
    code = "import json; from engine.jit import sources_digest; print(json.dumps(sources_digest()))"
    digests = [copy.run(code), copy.run(code, NUMBA_BOUNDSCHECK="1"), copy.run(code, NUMBA_OPT="0")]
    for path in ("engine/zobrist.py", "mcts/tree.py"):
        with (copy.folder / path).open("a") as source:
            source.write("\n")
        digests.append(copy.run(code))
    assert len(set(digests)) == len(digests)
    assert all(len(digest) == 20 for digest in digests)


def test_cache_lies_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.jit import cache_directory

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv("YOMI_CACHE", raising=False)
    assert cache_directory().parent == tmp_path / "xdg" / "yomi" / "kernels"
    monkeypatch.setenv("YOMI_CACHE", str(tmp_path / "own"))
    assert cache_directory().parent == tmp_path / "own" / "yomi" / "kernels"


@pytest.mark.parametrize(("decorator", "counts"), [("kernel", False), ("allocating_kernel", True)])
def test_only_allocating_kernels_count_references(tmp_path: Path, decorator: str, counts: bool) -> None:
    copy = SourceCopy(tmp_path)
    copy.replace("engine/board.py", "@kernel\ndef forget_history", f"@{decorator}\ndef forget_history")
    copy.replace("engine/board.py", "engine.jit import", "engine.jit import allocating_kernel,")
    code = """
import json
from engine.board import forget_history, new_state
from engine.rulesets import go_rules
forget_history(new_state(go_rules(5)), 0)
print(json.dumps("NRT_incref" in "".join(forget_history.inspect_llvm().values())))
"""
    assert copy.run(code) == counts


def test_kernel_is_compiled_once_for_all_kernels_whatever_whole_numbers_they_hand_it(tmp_path: Path) -> None:
    copy = SourceCopy(tmp_path)
    (copy.folder / "probe.py").write_text(
        """
import numpy as np
from numba.core import event
from engine.jit import kernel

@kernel
def successor(number):
    return number + 1

@kernel
def total(bytes, words):
    return successor(bytes[0]) + successor(words[0]) + successor(7) + successor(number=words[0])

compiled = event.RecordingListener()
with event.install_listener("numba:compile", compiled):
    sums = [total(np.ones(1, np.int8), np.ones(1, np.int16)), successor(41), successor(np.int16(5))]
names = [each.data["dispatcher"].py_func.__name__ for _, each in compiled.buffer if each.is_start]
"""
    )
    code = "import json, probe; print(json.dumps([[int(sum) for sum in probe.sums], probe.names]))"
    sums, names = copy.run(code)
    assert sums == [2 + 2 + 8 + 2, 42, 6]
    assert names == ["total", "successor", "successor", "successor"], "one for kernels, two for Python"
    assert copy.run(code) == [sums, []], "a warm cache has them all"


# Random numbers


def xorshift(word: int) -> int:
    """Marsaglia's generator with shifts 13, 7 and 17 in Python's whole numbers."""
    word ^= (word << 13) & MASK
    word ^= word >> 7
    return word ^ ((word << 17) & MASK)


def states(*words: int) -> RandomState:
    return np.array(words, np.uint64)


@pytest.mark.interpreted
@pytest.mark.parametrize("seed", [1, SEED, MASK, 1 << 63])
def test_random_words_are_those_of_the_formula_with_and_without_the_compiler(seed: int) -> None:
    generator, word = states(7, seed), seed
    for _ in range(100):
        word = xorshift(word)
        assert int(next_random(generator, 1)) == word == int(generator[1])
    for bound in (1, 2, 3, 361, 2**32 - 1):
        word = xorshift(word)
        assert random_below(generator, 1, bound) == ((word >> 32) * bound) >> 32
    word = xorshift(word)
    assert random_unit(generator, 1) == (word >> 11) / 2**53
    assert generator[0] == 7, "another row was touched"


@pytest.mark.interpreted
@pytest.mark.parametrize("bound", [1, 2, 7, 82])
def test_random_below_is_in_range_and_roughly_uniform(bound: int) -> None:
    generator = new_random_state(np.random.SeedSequence(3), 1)
    num_draws = bound * (20 if IS_INTERPRETED else 1000)
    draws = [random_below(generator, 0, bound) for _ in range(num_draws)]
    counts = np.bincount(draws, minlength=bound)
    assert len(counts) == bound
    expected = num_draws / bound
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert abs(chi_square - (bound - 1)) <= 4 * np.sqrt(2 * (bound - 1))


@pytest.mark.interpreted
def test_generators_of_one_seed_are_the_same_and_those_of_their_rows_differ() -> None:
    first, second = (new_random_state(np.random.SeedSequence(4), 64) for _ in range(2))
    assert np.array_equal(first, second)
    assert len(set(first.tolist())) == 64
    assert first.all(), "xorshift never leaves zero"
    assert not np.array_equal(first, new_random_state(np.random.SeedSequence(5), 64))


def test_search_and_random_games_leave_the_global_random_state_alone() -> None:
    rules = go_rules(5)
    config = SearchConfig(num_simulations=20, selection="uct")
    python_before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002
    evaluator = RolloutEvaluator(rules, 2, np.random.SeedSequence(1))
    search = Search(config, evaluator, rules, 2, np.random.SeedSequence(2))
    search.run(new_state(rules, batch=2), np.arange(2), noise=True)
    assert random.getstate() == python_before
    numpy_after = np.random.get_state()  # noqa: NPY002
    assert str(numpy_before) == str(numpy_after)
    assert np.array_equal(numpy_before[1], numpy_after[1])
