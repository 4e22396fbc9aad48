"""How a command ends when something is wrong: one line on stderr and an exit code."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

WRONG_INPUT = 2
INTERRUPTED = 130


class Stopped(click.ClickException):
    """Ctrl-C; the message says what is kept."""

    exit_code = INTERRUPTED


@contextmanager
def stopping(message: str) -> Iterator[None]:
    """Turn Ctrl-C into `Stopped`.

    Args:
        message: what is kept, and how to go on; without the final period.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped(f"Stopped: {message}.") from None


def notice(line: str) -> None:
    """Say something on stderr that is no result."""
    click.echo(line, err=True)


def show_error(error: Exception) -> None:
    """Say in one line what was wrong."""
    notice(f"Error: {explanation(error)}")


def explanation(error: BaseException) -> str | None:
    """An error from outside in one line; None for any other, which is a bug."""
    from sqlite3 import Error as DatabaseError

    from engine.errors import YomiError

    if isinstance(error, click.ClickException):
        text = error.format_message()
    elif isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    elif isinstance(error, YomiError | OSError | DatabaseError):
        text = str(error)
    else:
        return None
    return " ".join(text.split())


@contextmanager
def exit_with_one_line() -> Iterator[None]:
    """Let errors from outside end the process with one line; a bug keeps its traceback."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_unwritten_results()
        sys.exit(1)  # whoever read our results has seen enough
    except Stopped as stopped:
        _leave_interrupted(stopped.message)
    except (click.Abort, KeyboardInterrupt):
        _leave_interrupted("Stopped.")
    except Exception as error:
        if explanation(error) is None:
            raise
        if isinstance(error, OSError):
            _drop_unwritten_results()
        show_error(error)
        sys.exit(WRONG_INPUT)


def _leave_interrupted(message: str) -> None:
    notice(f"\n{message}" if sys.stderr.isatty() else message)  # the terminal has written ^C into this line
    sys.exit(INTERRUPTED)


def _drop_unwritten_results() -> None:
    """Forget what stdout could not take: Python would try again at exit, and complain once more."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def announce_compilation() -> bool:
    """Say that kernels are about to be compiled, if they are; a command calls it before it needs them.

    Returns:
        Whether they are.
    """
    from engine.jit import is_cache_warm

    if is_cache_warm():
        return False
    notice("Compiling kernels, once for this version: about 20 seconds.")
    return True
