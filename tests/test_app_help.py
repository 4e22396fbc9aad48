"""Help and version: each command has one, and neither loads anything heavy."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from click import Command
from click.testing import CliRunner

from app import rlhf
from app.main import COMMANDS, main
from app.version import package_version

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"matplotlib", "numba", "numpy", "rich", "textual", "torch"}


def heavy_modules(*arguments: str) -> list[str]:
    """What a command line has loaded when it ends."""
    code = (
        "import sys\n"
        "from app.main import main\n"
        "try:\n"
        f"    main({list(arguments)!r})\n"
        "finally:\n"
        f"    sys.stderr.write(' '.join(sorted({HEAVY!r} & sys.modules.keys())))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0
    assert run.stdout
    return run.stderr.split()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--help"],
        ["--version"],
        *([name, "--help"] for name in COMMANDS),
        *(["rlhf", name, "--help"] for name in rlhf.COMMANDS),
    ],
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    assert heavy_modules(*arguments) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {name} ")


def test_the_help_lists_every_command_with_what_it_does() -> None:
    for arguments in ([], ["--help"]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0
        for name, what in COMMANDS.items():
            assert any(name in line and what in line for line in result.stdout.splitlines())


def test_the_version_is_printed() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.stdout == f"yomi {package_version()}\n"


def test_every_command_is_where_the_table_says() -> None:
    modules = {path.stem: import_module(f"app.{path.stem}") for path in (ROOT / "app").glob("[a-z]*.py")}
    found = {name for name, module in modules.items() if isinstance(getattr(module, name, None), Command)}
    assert found - {"main"} == set(COMMANDS)


def test_every_command_of_the_preference_experiment_is_where_the_table_says() -> None:
    for name, what in rlhf.COMMANDS.items():
        result = CliRunner().invoke(main, ["rlhf", name, "--help"])
        assert result.exit_code == 0
        assert result.stdout.startswith(f"Usage: main rlhf {name} ")
        assert what in CliRunner().invoke(main, ["rlhf", "--help"]).stdout
