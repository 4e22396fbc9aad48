"""The rules of the house that a syntax tree can show, and a proof that each of them notices a breach."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("engine", "mcts", "selfplay", "rlhf_variant", "app")
HOMES = {
    "numba": ("engine", "mcts"),
    "torch": ("selfplay", "rlhf_variant"),
    "click": ("app",),
}
HEAVY = {"torch", "numba", "matplotlib", "engine", "mcts", "selfplay", "rlhf_variant"}
NUMBA_COMPILERS = {"njit", "jit", "vectorize", "guvectorize", "cfunc", "stencil", "jitclass"}
PICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
UNSAFE_KEYWORDS = {("weights_only", False), ("allow_pickle", True), ("shell", True)}
UNSAFE_CALLS = {"eval", "exec", "os.system", "os.popen", "torch.export.load"}
MUTABLE_MAKERS = {"list", "dict", "set", "bytearray", "defaultdict", "array", "zeros", "ones", "empty"}
VAGUE_NAMES = {"utils.py", "helpers.py", "common.py"}

Breach = tuple[int, str]
Rule = Callable[[ast.Module, str], Iterator[Breach]]


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def breaches(rule: Rule, paths: list[Path]) -> list[str]:
    """Every breach of a rule as `path:line: what`."""
    return [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in paths
        for line, what in rule(parsed(path), path.relative_to(ROOT).parts[0])
    ]


# What a tree shows.


def imports(nodes: Iterator[ast.AST]) -> Iterator[Breach]:
    """The line and the dotted name of each absolute import, those by `import_module("name")` included."""
    for node in nodes:
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield node.lineno, alias.name
            case ast.ImportFrom(level=0, module=str(module), names=names):
                for alias in names:
                    yield node.lineno, f"{module}.{alias.name}"
            case ast.Call(func=func, args=[ast.Constant(value=str(module)), *_]):
                if ast.unparse(func).endswith(("import_module", "__import__")):
                    yield node.lineno, module


def top_level(node: ast.AST) -> Iterator[ast.AST]:
    """Every node that runs on import: neither bodies of functions nor what only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            continue
        yield child
        yield from top_level(child)


# The rules: each yields the line of a breach and what is wrong there.


def imports_left_only(tree: ast.Module, layer: str) -> Iterator[Breach]:
    for line, name in imports(ast.walk(tree)):
        imported = name.split(".")[0]
        if imported in LAYERS and LAYERS.index(imported) > LAYERS.index(layer):
            yield line, f"{layer} imports {imported}: against the direction {' <- '.join(LAYERS)}"
        if imported in ("tests", "benchmarks"):
            yield line, f"{layer} imports {imported}: not part of what is installed"


def libraries_at_home(tree: ast.Module, layer: str) -> Iterator[Breach]:
    for line, name in imports(ast.walk(tree)):
        library = name.split(".")[0]
        if layer not in HOMES.get(library, LAYERS):
            yield line, f"{library} belongs in {' and '.join(HOMES[library])} only"


def light_at_top(tree: ast.Module, _layer: str) -> Iterator[Breach]:
    for line, name in imports(top_level(tree)):
        if name.split(".")[0] in HEAVY:
            yield line, f"{name} is heavy: import it inside the command that needs it"


def one_kernel_decorator(tree: ast.Module, _layer: str) -> Iterator[Breach]:
    aliases = {"numba"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            numba_names = [alias for alias in node.names if alias.name.split(".")[0] == "numba"]
            aliases |= {alias.asname for alias in numba_names if alias.asname}
    for line, name in imports(ast.walk(tree)):
        if name.split(".")[0] == "numba" and name.split(".")[-1] in NUMBA_COMPILERS:
            yield line, f"{name}: use engine.jit.kernel"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in NUMBA_COMPILERS:
            dotted = ast.unparse(node)
            if dotted.split(".")[0] in aliases:
                yield node.lineno, f"{dotted}: use engine.jit.kernel"


def no_print(tree: ast.Module, _layer: str) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            yield node.lineno, "print outside app"


def nothing_runs_a_strangers_code(tree: ast.Module, _layer: str) -> Iterator[Breach]:
    for line, name in imports(ast.walk(tree)):
        if name.split(".")[0] in PICKLERS or name in UNSAFE_CALLS:
            yield line, f"{name} can run what it reads"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in UNSAFE_CALLS:
            yield node.lineno, f"{ast.unparse(node.func)} can run what it reads"
        match node:
            case ast.keyword(arg=key, value=ast.Constant(value=value)) if (key, value) in UNSAFE_KEYWORDS:
                yield node.value.lineno, f"{key}={value!r} can run what it reads"


def no_star_imports(tree: ast.Module, _layer: str) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            yield node.lineno, f"everything is imported from {node.module}"


def no_bare_except(tree: ast.Module, _layer: str) -> Iterator[Breach]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "except without the name of an error"


def no_mutable_defaults(tree: ast.Module, _layer: str) -> Iterator[Breach]:
    displays = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        for default in filter(None, [*node.args.defaults, *node.args.kw_defaults]):
            maker = ast.unparse(default.func).split(".")[-1] if isinstance(default, ast.Call) else None
            if maker in MUTABLE_MAKERS or isinstance(default, displays):
                yield default.lineno, "this default is shared by all calls"


# The tests.


def test_imports_point_from_the_faces_to_the_rules_and_never_back() -> None:
    assert breaches(imports_left_only, modules(*LAYERS)) == []


def test_numba_torch_and_click_are_imported_only_where_they_belong() -> None:
    assert breaches(libraries_at_home, modules(*LAYERS)) == []


def test_the_command_line_imports_nothing_heavy_at_its_top() -> None:
    assert breaches(light_at_top, [ROOT / "app" / "main.py"]) == []


def test_importing_the_command_line_loads_nothing_heavy_through_other_modules() -> None:
    code = f"import sys, app.main; print(*sorted({HEAVY} & sys.modules.keys()))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.stdout.split(), run.stderr) == ([], "")


def test_kernels_are_compiled_by_one_decorator() -> None:
    everywhere_else = [path for path in modules(*LAYERS) if path != ROOT / "engine" / "jit.py"]
    assert breaches(one_kernel_decorator, everywhere_else) == []


def test_only_the_faces_print() -> None:
    assert breaches(no_print, modules(*LAYERS[:-1])) == []


def test_nothing_that_is_read_can_run_as_code() -> None:
    assert breaches(nothing_runs_a_strangers_code, modules(*LAYERS)) == []


def test_no_module_imports_everything_from_another() -> None:
    assert breaches(no_star_imports, modules(*LAYERS, "tests", "benchmarks")) == []


def test_every_except_names_its_error() -> None:
    assert breaches(no_bare_except, modules(*LAYERS, "tests", "benchmarks")) == []


def test_no_default_argument_is_mutable() -> None:
    assert breaches(no_mutable_defaults, modules(*LAYERS, "tests", "benchmarks")) == []


@pytest.mark.parametrize("layer", LAYERS)
def test_every_module_stays_under_400_lines(layer: str) -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules(layer)}
    assert lengths, f"{layer} has no modules"
    assert {name: length for name, length in lengths.items() if length >= 400} == {}


@pytest.mark.parametrize("folder", [*LAYERS, "tests", "benchmarks"])
def test_every_module_states_its_one_job_in_its_first_line(folder: str) -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules(folder)
        if not path.read_text().startswith(('"""', 'r"""'))
        or not (ast.get_docstring(parsed(path)) or "").partition("\n")[0].endswith(".")
    ]
    assert silent == []


def test_no_file_has_a_name_that_invites_everything() -> None:
    assert [path for path in modules(*LAYERS, "tests", "benchmarks") if path.name in VAGUE_NAMES] == []


def test_the_tests_are_flat_and_no_package() -> None:
    assert [path for path in modules("tests") if path.parent != ROOT / "tests"] == []
    assert not (ROOT / "tests" / "__init__.py").exists()


@pytest.mark.parametrize(
    ("rule", "layer", "code"),
    [
        (imports_left_only, "mcts", "def search():\n    from selfplay.network import Network"),
        (imports_left_only, "selfplay", "import numpy, rlhf_variant.pairs"),
        (imports_left_only, "engine", "importlib.import_module('app.main')"),
        (imports_left_only, "engine", "from tests import board_diagrams"),
        (libraries_at_home, "selfplay", "from numba import prange"),
        (libraries_at_home, "app", "def play():\n    import torch.nn"),
        (libraries_at_home, "engine", "import click"),
        (light_at_top, "app", "try:\n    import torch\nexcept ImportError:\n    torch = None"),
        (light_at_top, "app", "from engine.game import Game"),
        (one_kernel_decorator, "mcts", "from numba import njit"),
        (one_kernel_decorator, "mcts", "import numba as nb\n@nb.jit(nopython=True)\ndef f(): ..."),
        (one_kernel_decorator, "mcts", "import numba.experimental\nf = numba.experimental.jitclass([])"),
        (no_print, "engine", "def f():\n    print()"),
        (nothing_runs_a_strangers_code, "selfplay", "from pickle import loads"),
        (nothing_runs_a_strangers_code, "selfplay", "from torch.export import load"),
        (nothing_runs_a_strangers_code, "selfplay", "torch.load(path, weights_only=False)"),
        (nothing_runs_a_strangers_code, "selfplay", "numpy.load(path, allow_pickle=True)"),
        (nothing_runs_a_strangers_code, "selfplay", "torch.export.load(path)"),
        (nothing_runs_a_strangers_code, "app", "subprocess.run(text, shell=True)"),
        (nothing_runs_a_strangers_code, "app", "os.system(text)"),
        (nothing_runs_a_strangers_code, "app", "x = eval(text)"),
        (no_star_imports, "engine", "from numpy import *"),
        (no_bare_except, "engine", "try:\n    f()\nexcept:\n    pass"),
        (no_mutable_defaults, "engine", "def f(moves=[]): ..."),
        (no_mutable_defaults, "engine", "f = lambda *, table=dict(): table"),
        (no_mutable_defaults, "engine", "def f(planes=np.zeros(3)): ..."),
    ],
)
def test_every_rule_notices_a_breach(rule: Rule, layer: str, code: str) -> None:
    assert len(list(rule(ast.parse(code), layer))) == 1


@pytest.mark.parametrize(
    ("rule", "layer", "code"),
    [
        (imports_left_only, "app", "import engine, mcts, selfplay, rlhf_variant, app"),
        (imports_left_only, "mcts", "from . import app"),
        (libraries_at_home, "mcts", "import numba"),
        (light_at_top, "app", "import click\ndef play():\n    import torch"),
        (light_at_top, "app", "if TYPE_CHECKING:\n    import torch"),
        (one_kernel_decorator, "mcts", "from engine import jit\n@jit.kernel\ndef f(): ..."),
        (one_kernel_decorator, "mcts", "import engine.jit\n@engine.jit.kernel\ndef f(): ..."),
        (nothing_runs_a_strangers_code, "selfplay", "model.eval()\ntorch.load(path, weights_only=True)"),
        (no_bare_except, "engine", "try:\n    f()\nexcept ValueError:\n    pass"),
        (no_mutable_defaults, "engine", "def f(size=(9, 9), seed=None): ..."),
    ],
)
def test_no_rule_forbids_what_is_allowed(rule: Rule, layer: str, code: str) -> None:
    assert list(rule(ast.parse(code), layer)) == []
