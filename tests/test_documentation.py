"""What the documentation says is true: paths exist, commands run, docstrings name real parameters."""

import ast
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("engine", "mcts", "selfplay", "rlhf_variant", "app")
FOLDERS = (*PACKAGES, "tests", "benchmarks", "docs", ".ci")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND_LIMIT_S = 120

CODE_SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
TOP_LEVEL_FILE = re.compile(r"[A-Z]+\.md|[a-z]+\.toml|Makefile|LICENSE|\.gitignore|\.pre-commit-config\.yaml")
YOMI_LINE = re.compile(r"((printf|echo) .*\|\s*)?(\.venv/bin/)?yomi(\s|$)")
SECTION = re.compile(r"^[A-Z][a-z]+:$")
ARGS_ENTRY = re.compile(r"^(\*{0,2}\w+(?:, ?\*{0,2}\w+)*)(?: \([^)]*\))?:(\s|$)")


# How a page is read.


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    line: int
    language: str
    lines: tuple[str, ...]
    is_run: bool

    def commands(self) -> list[str]:
        """The `yomi` commands of a shell block, each with its continuation lines."""
        text = "\n".join(self.lines).replace("\\\n", " ")
        if self.language == "console":
            lines = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
        elif self.language in ("sh", "bash", "shell"):
            lines = text.splitlines()
        else:
            lines = []
        return [line.replace(".venv/bin/yomi", "yomi") for line in lines if YOMI_LINE.match(line)]


def split_page(text: str) -> tuple[str, list[Block]]:
    """The prose of a page and its fenced blocks."""
    prose: list[str] = []
    blocks: list[Block] = []
    line_above = ""
    numbered = iter(enumerate(text.splitlines(), 1))
    for number, line in numbered:
        if line.lstrip().startswith("```"):
            body = takewhile(lambda pair: not pair[1].lstrip().startswith("```"), numbered)
            is_run = not re.fullmatch(r"<!-- not run: .+ -->", line_above)
            blocks.append(Block(number, line.strip(" `"), tuple(inside for _, inside in body), is_run))
            line_above = ""
        else:
            prose.append(line)
            line_above = line.strip() or line_above
    return "\n".join(prose), blocks


def code_paths(prose: str) -> list[str]:
    """The words in backticks that name a file or folder of this repository."""
    words = [word.rstrip(".,:") for span in CODE_SPAN.findall(prose) for word in span.split()]
    in_folder = re.compile(rf"({'|'.join(map(re.escape, FOLDERS))})/[\w./*:-]*")
    return [word for word in words if in_folder.fullmatch(word) or TOP_LEVEL_FILE.fullmatch(word)]


def link_paths(prose: str) -> list[str]:
    """The targets of links that lead to a file, without the heading they point at."""
    links = LINK.findall(CODE_SPAN.sub("", prose))
    targets = ["".join(groups).partition("#")[0] for groups in links]
    return [target for target in targets if target and not re.match(r"[a-z]+:", target)]


def is_missing(word: str, folder: Path) -> bool:
    """Whether nothing matches a path such as `docs/go.md:3`, `tests/test_x.py::test_y` or `tests/*.py`."""
    pattern, _, name_or_line = word.partition(":")
    found = sorted(folder.glob(pattern.rstrip("/"))) if "*" in pattern else [folder / pattern]
    if not found or not found[0].exists():
        return True
    test_name = name_or_line.lstrip(":")
    return test_name.startswith("test_") and f"def {test_name}(" not in found[0].read_text()


# How a docstring is read.


def public_functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body)


def documented_args(docstring: str) -> list[str]:
    """The names in the Args section of a Google docstring; a line that is no entry comes back whole."""
    lines = docstring.splitlines()
    if "Args:" not in lines:
        return []
    section = list(takewhile(lambda line: not SECTION.match(line), lines[lines.index("Args:") + 1 :]))
    indents = [len(line) - len(line.lstrip()) for line in section]
    names: list[str] = []
    for line, indent in zip(section, indents, strict=True):
        if line.strip() and indent == indents[0]:
            entry = ARGS_ENTRY.match(line.strip())
            names += re.findall(r"\w+", entry[1]) if entry else [line.strip()]
    return names


def wrong_args(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    parameters = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    return [name for name in documented_args(ast.get_docstring(function) or "") if name not in parameters]


# How a command is run.


def run_as_a_reader(command: str, folder: Path) -> tuple[int, str]:
    """The exit code and the output of a command, which is ended with all it started after the time limit."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with (folder / "output.txt").open("w+") as output:
        shell = subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            shell.wait(timeout=COMMAND_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
        output.seek(0)
        return shell.returncode, output.read()


README_BLOCKS = [
    block
    for block in split_page((ROOT / "README.md").read_text(encoding="utf-8"))[1]
    if block.is_run and block.commands()
]


# The tests.


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_a_page_names_exists(document: Path) -> None:
    prose, _ = split_page(document.read_text(encoding="utf-8"))
    missing = [word for word in code_paths(prose) if is_missing(word, ROOT)]
    missing += [target for target in link_paths(prose) if is_missing(target, document.parent)]
    assert missing == []


@pytest.mark.parametrize("block", README_BLOCKS, ids=lambda block: f"README.md:{block.line}")
def test_commands_in_the_readme_run_as_shown(block: Block, tmp_path: Path) -> None:
    for command in block.commands():
        exit_code, output = run_as_a_reader(command, tmp_path)
        assert exit_code == 0, f"{command}\n{output}"


def test_every_subcommand_is_mentioned_in_the_documentation() -> None:
    import click

    from app.main import main

    def names(prefix: str, command: click.Command | None) -> Iterator[str]:
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                yield f"{prefix} {name}"
                yield from names(f"{prefix} {name}", command.get_command(context, name))

    pages = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    commands = list(names("yomi", main))
    assert commands, "yomi has no subcommands"
    assert [name for name in commands if not re.search(rf"{re.escape(name)}(?![\w-])", pages)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_describe_only_parameters_that_exist(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{function.lineno}: {function.name} has no parameter {name!r}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for function in public_functions(ast.parse(path.read_text(encoding="utf-8")).body)
        for name in wrong_args(function)
    ]
    assert wrong == []


PAGE = """
Read `engine/board.py`, `Makefile`, `pytest tests/test_*.py`, `a/b`, `boards[i](x)` and `engine.jit.kernel`,
then [the rules](docs/rules.md#ko "Ko"), [the top](#top) or [another project](https://example.org/docs/).

```sh
# a comment
make demo
yomi play --size 9 \\
    --plain
printf 'quit\\n' | .venv/bin/yomi gtp
pip install yomi
```

<!-- not run: takes a day -->

```console
$ yomi train
yomi says hello
```

```text
yomi is not a command here
```
"""


def test_a_page_is_split_into_prose_and_blocks() -> None:
    prose, blocks = split_page(PAGE)
    assert "yomi" not in prose
    assert [(block.line, block.language, block.is_run) for block in blocks] == [
        (5, "sh", True),
        (16, "console", False),
        (21, "text", True),
    ]
    assert [[" ".join(command.split()) for command in block.commands()] for block in blocks] == [
        ["yomi play --size 9 --plain", r"printf 'quit\n' | yomi gtp"],
        ["yomi train"],
        [],
    ]


def test_paths_are_told_from_other_words() -> None:
    prose, _ = split_page(PAGE)
    assert code_paths(prose) == ["engine/board.py", "Makefile", "tests/test_*.py"]
    assert link_paths(prose) == ["docs/rules.md"]


def test_a_missing_path_is_noticed() -> None:
    this_file = f"tests/{Path(__file__).name}"
    there = ["tests/", "tests/test_*.py", "pyproject.toml:3", f"{this_file}::test_a_missing_path_is_noticed"]
    gone = ["engine/missing.py", "tests/*.exe", f"{this_file}::test_that_nobody_wrote"]
    assert [is_missing(word, ROOT) for word in there + gone] == [False] * len(there) + [True] * len(gone)


def test_a_parameter_that_does_not_exist_is_noticed() -> None:
    code = '''
def play(state, row, *actions, seed=None):
    """Plays.

    Args:
        state: The boards,
            see board: below.
        row, col: Where.
        *actions (int): What.
        a line that names nothing

    Returns:
        code: What happened.
    """
'''
    (function,) = public_functions(ast.parse(code).body)
    assert wrong_args(function) == ["col", "a line that names nothing"]


def test_a_command_that_runs_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "COMMAND_LIMIT_S", 0.2)
    exit_code, output = run_as_a_reader("echo started; sleep 60 | sleep 60", tmp_path)
    assert exit_code != 0
    assert output == "started\n"
