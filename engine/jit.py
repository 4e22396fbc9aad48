"""The one kernel decorator: Numba with a disk cache that can never serve a stale kernel.

Numba's cache looks only at the file that holds a kernel, not at the kernels it calls, and ignores some
flags. Here the cache folder is named by a digest of every kernel source and every flag, so an edit
anywhere, another Numba or another bounds-check setting starts a fresh folder.
"""

import hashlib
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import llvmlite
import numba
import numba.core.config

KERNEL_PACKAGES = ("engine", "mcts")
numba_config: Any = numba.core.config
Function = TypeVar("Function", bound=Callable[..., Any])


def sources_digest() -> str:
    """Digest of all kernel sources and of every setting that changes compiled code."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parent.parent
    for package in KERNEL_PACKAGES:
        for path in sorted((root / package).glob("*.py")):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    flags = (
        numba.__version__,
        llvmlite.__version__,
        platform.python_version(),
        platform.machine(),
        str(numba_config.BOUNDSCHECK),
        str(numba_config.OPT),
        str(numba_config.CPU_NAME),
    )
    digest.update("|".join(flags).encode())
    return digest.hexdigest()[:20]


def cache_directory() -> Path:
    """Folder of this version's compiled kernels: private to the user, never inside a run folder."""
    base = os.environ.get("YOMI_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "yomi" / "kernels" / sources_digest()


_CACHE_DIRECTORY = cache_directory()


def is_cache_warm() -> bool:
    """Whether an earlier run left compiled kernels of exactly these sources."""
    return next(_CACHE_DIRECTORY.glob("**/*.nbc"), None) is not None


def kernel(function: Function) -> Function:
    """Compile `function` with Numba: no GIL, no Python objects, cached on disk under the digest."""
    return _compile(function, force_inline=False)


def allocating_kernel(function: Function) -> Function:
    """A `kernel` that may make arrays of its own: for what runs once a game or a batch, not once a move.

    Only these count references to arrays, which costs an atomic instruction for each array of a state at each
    call: docs/decisions/0006-kernels-count-no-references.md.
    """
    return _compile(function, force_inline=False, allocates=True)


def inline_kernel(function: Function) -> Function:
    """A `kernel` that LLVM copies into its callers: for small steps of hot loops.

    A call between kernels passes every field of a state as seven machine words, which costs more than a
    legality test.
    """
    return _compile(function, force_inline=True)


def _compile(function: Function, *, force_inline: bool, allocates: bool = False) -> Function:
    """Two dispatchers of one function: docs/decisions/0008-kernels-have-two-entrances.md."""
    if numba_config.DISABLE_JIT:
        return function
    options: dict[str, Any] = {"forceinline": force_inline, "_nrt": allocates}
    from_python = _dispatcher(function, _CACHE_DIRECTORY / "python", options)
    options |= {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    from_kernels = _dispatcher(function, _CACHE_DIRECTORY / "kernels", options)

    def get_call_template(args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        wide_kws = {name: _widened(kind) for name, kind in kws.items()}
        return from_kernels.get_call_template(tuple(_widened(kind) for kind in args), wide_kws)

    from_python.get_call_template = get_call_template
    from_python.get_overload = from_kernels.get_overload
    return cast(Function, from_python)


def _dispatcher(function: Function, cache_directory: Path, options: dict[str, Any]) -> Any:
    previous = numba_config.CACHE_DIR
    numba_config.CACHE_DIR = str(cache_directory)
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    finally:
        numba_config.CACHE_DIR = previous


def _widened(kind: Any) -> Any:
    """The type that a kernel hands over: int64 for every signed whole number, literals too."""
    types: Any = numba.types
    kind = types.unliteral(kind)
    return types.int64 if isinstance(kind, types.Integer) and kind.signed else kind
