"""One setting as text: `name=value` put into a frozen record of numbers, switches and words."""

import math
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import YomiError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


class ConfigError(YomiError):
    """A preset, key or value that does not exist or is out of range."""


def split_assignment(assignment: str) -> tuple[str, str]:
    """The key and the value of `key=value`.

    Raises:
        ConfigError: there is no `=`.
    """
    key, separator, text = assignment.partition("=")
    if not separator:
        raise ConfigError(f"setting {assignment!r}: expected key=value")
    return key, text


def plain_fields(record: "DataclassInstance") -> list[str]:
    """The names that `assign` takes: fields that are no records themselves."""
    return [field.name for field in fields(record) if not is_dataclass(getattr(record, field.name))]


def assign(record: Record, name: str, text: str, key: str) -> Record:
    """A record with one field changed.

    Args:
        record: the settings so far.
        name: of one of its `plain_fields`.
        text: its new value.
        key: what the user calls it.

    Raises:
        ConfigError: a value of the wrong kind or out of range.
    """
    value = _parse(key, text, getattr(record, name))
    try:
        return replace(record, **{name: value})
    except ValueError as error:
        raise ConfigError(f"setting {f'{key}={text}'!r}: {error}") from None


def assign_all(record: Record, assignments: tuple[str, ...]) -> Record:
    """A record with every `name=value` put in.

    Args:
        record: the settings so far.
        assignments: such as `("c_puct_init=1.1", "clean_up=true")`.

    Raises:
        ConfigError: an unknown name, or a value of the wrong kind or out of range.
    """
    for assignment in assignments:
        name, text = split_assignment(assignment)
        if name not in plain_fields(record):
            raise ConfigError(f"setting {name!r}: expected one of {', '.join(plain_fields(record))}")
        record = assign(record, name, text, name)
    return record


def _parse(key: str, text: str, current: Any) -> Any:
    try:
        if isinstance(current, bool):
            return {"true": True, "false": False}[text.lower()]
        if isinstance(current, int):
            return int(text)
        if isinstance(current, float):
            if not math.isfinite(float(text)):
                raise ValueError(text)
            return float(text)
    except (ValueError, KeyError):
        kind = {bool: "true or false", int: "a whole number", float: "a number"}[type(current)]
        raise ConfigError(f"setting {key}={text}: expected {kind}") from None
    return text
