"""`yomi doctor`: what could be wrong with this installation, a line for each thing looked at."""

import importlib.util
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import click

from app.options import json_option
from app.progress import getting_ready
from app.version import package_version

ROOT = Path(__file__).resolve().parent.parent
OUR_PACKAGES = ("engine", "mcts", "selfplay", "rlhf_variant", "app")
OLDEST_PYTHON = (3, 11)
LOW_DISK_BYTES = 2 << 30


@dataclass(frozen=True)
class Finding:
    """What one look told.

    Attributes:
        subject: what was looked at.
        state: `ok`, `note` for what only costs comfort, or `wrong`.
        text: what was found, and where something is to be done, what.
    """

    subject: str
    state: str
    text: str


@click.command()
@json_option
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Look for what may be wrong with this installation; the exit code is 1 if something is."""
    with getting_ready():
        findings = [*installation(), *packages(), *kernel_cache(), *hardware(), *surroundings()]
    if as_json:
        import json

        for finding in findings:
            click.echo(json.dumps(finding.__dict__))
    else:
        width = max(len(finding.subject) for finding in findings)
        for finding in findings:
            click.echo(f"{finding.state:5s}  {finding.subject:{width}s}  {finding.text}")
    context.exit(int(any(finding.state == "wrong" for finding in findings)))


def installation() -> Iterator[Finding]:
    """Version and Python, and whether our general package names are taken by somebody else."""
    yield Finding("yomi", "ok", f"{package_version()} in {ROOT}")
    python = platform.python_version()
    is_old = sys.version_info < OLDEST_PYTHON
    yield Finding(
        "python", "wrong" if is_old else "ok", f"{python}, needs 3.11 or newer" if is_old else python
    )
    for name in OUR_PACKAGES:
        spec = importlib.util.find_spec(name)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None or not origin.is_relative_to(ROOT):
            yield Finding(
                name, "wrong", f"comes from {origin}, not from yomi: give yomi an environment of its own"
            )


def packages() -> Iterator[Finding]:
    """The packages that yomi needs, and whether their versions are among those it was made for."""
    try:
        needs = distribution("yomi").requires or []
    except PackageNotFoundError:
        yield Finding("packages", "wrong", "yomi is not installed: pip install --editable .")
        return
    from packaging.requirements import Requirement

    for text in needs:
        need = Requirement(text)
        if need.marker and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(need.name)
        except PackageNotFoundError:
            yield Finding(need.name, "wrong", f"is missing: expected {need.specifier or 'any version'}")
            continue
        is_meant = need.specifier.contains(found, prereleases=True)
        text = found if is_meant else f"{found}: expected {need.specifier}"
        yield Finding(need.name, "ok" if is_meant else "wrong", text)


def kernel_cache() -> Iterator[Finding]:
    """Whether compiled kernels can be kept; without that every start compiles for half a minute."""
    from engine.jit import cache_directory, is_cache_warm

    folder = cache_directory()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        yield Finding("kernel cache", "wrong", f"{folder}: {error.strerror}; YOMI_CACHE names another folder")
        return
    warmth = "filled" if is_cache_warm() else "empty: the first start compiles for half a minute"
    yield Finding("kernel cache", "ok", f"{folder}, {warmth}")


def hardware() -> Iterator[Finding]:
    """Cores, and what networks run on."""
    from selfplay.hardware import describe_cpu, describe_gpu

    gpu = describe_gpu()
    yield Finding("cores", "ok", describe_cpu())
    yield Finding("gpu", "ok" if gpu else "note", gpu or "none: networks run on the CPU")


def surroundings() -> Iterator[Finding]:
    """Disk, terminal, agents that come along, and programs to play against."""
    from selfplay.bundled import bundled_agents

    free = shutil.disk_usage(Path.cwd()).free
    state = "ok" if free >= LOW_DISK_BYTES else "note"
    yield Finding("disk", state, f"{free / (1 << 30):.0f} GB free in {Path.cwd()}")
    encoding = (sys.stdout.encoding or "").lower()
    can_draw = encoding.replace("-", "").startswith("utf")
    text = encoding if can_draw else f"{encoding}: stones are drawn as letters; PYTHONUTF8=1 changes that"
    yield Finding("terminal", "ok" if can_draw else "note", text)
    agents = bundled_agents()
    yield Finding(
        "agents", "ok" if agents else "note", ", ".join(agents) or "none came along: uct:1000 plays"
    )
    gnugo = shutil.which("gnugo") or shutil.which("gnugo", path="/usr/games")
    yield Finding("gnugo", "ok" if gnugo else "note", gnugo or "not found: an opponent for yomi match")
