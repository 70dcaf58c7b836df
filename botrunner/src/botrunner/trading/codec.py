"""Turns the trading core's values into JSON and back, exactly.

Whatever JSON can't tell apart carries a tag: `{"decimal": "1.50"}`; classes carry their name. So any
frozen dataclass of plain values works without being listed, a strategy's own state included; what is
unknown is refused, never guessed.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final, TypeAlias

from botcore.domain.errors import InvalidInput
from botcore.resources.meta import ResourceModel

__all__ = ["PACKAGES", "Json", "decode", "encode", "from_text", "to_text"]

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

PACKAGES: Final = ("botcore.domain", "botcore.resources", "botrunner.trading")
"""Whose classes may be made from what was stored; a bot may have written anything."""

_CLASS: Final = "is"  # no field can have a keyword's name
_VALUE: Final = "value"


def to_text(value: object) -> str:
    """Write a value as one line of JSON; equal values of equal parts give equal texts.

    Raises:
        InvalidInput: something in it is no plain value, so it could not be read back.
    """
    return json.dumps(encode(value), separators=(",", ":"))


def from_text(text: str, packages: tuple[str, ...] = PACKAGES) -> Any:
    """Read what `to_text` wrote; classes are taken from these packages alone.

    Raises:
        InvalidInput: it is no such text, or was written by a release with other classes.
    """
    try:
        return decode(json.loads(text), packages)
    except (ValueError, RecursionError) as error:
        raise InvalidInput.of("recording", f"is no JSON of ours: {error}") from None


def encode(value: object) -> Json:
    """Turn a value into what JSON knows. Raises InvalidInput as `to_text` does."""
    kind = type(value)
    return (_WRITERS.get(kind) or _learned(kind))(value)


def decode(stored: Json, packages: tuple[str, ...] = PACKAGES) -> Any:
    """Turn it back. Raises InvalidInput as `from_text` does."""
    if isinstance(stored, list):
        return tuple(decode(item, packages) for item in stored)
    if not isinstance(stored, dict):
        return stored
    if _CLASS in stored:
        return _made(stored, packages)
    if len(stored) == 1:
        ((tag, content),) = stored.items()
        if tag in _READERS:
            return _read(tag, content, packages)
    raise InvalidInput.of("recording", f"holds an unknown value with {sorted(stored)}")


def _learned(kind: type) -> Callable[[Any], Json]:
    """Choose once per class how its values are written."""
    writer = _WRITERS[kind] = _writer(kind)
    return writer


def _writer(kind: type) -> Callable[[Any], Json]:
    name = f"{kind.__module__}:{kind.__qualname__}"
    if issubclass(kind, Enum):
        return lambda value: {_CLASS: name, _VALUE: encode(value.value)}
    names = _field_names(kind)
    if names is None:
        raise InvalidInput.of(name, "is no frozen dataclass, so its values can't be recorded")
    return lambda value: {
        _CLASS: name,
        **{field: encode(getattr(value, field)) for field in names},
    }


def _field_names(kind: type) -> tuple[str, ...] | None:
    """Return the fields that make a value, or None where values of this class may change."""
    if issubclass(kind, ResourceModel):
        return tuple(kind.model_fields)
    if not is_dataclass(kind) or not kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]  # not in the stubs
        return None
    found = fields(kind)
    return tuple(field.name for field in found) if all(field.init for field in found) else None


def _is_writable(kind: type) -> bool:
    return issubclass(kind, Enum) or _field_names(kind) is not None


def _written_map(value: Mapping[Any, Any]) -> Json:
    # Pairs, since keys may be tuples; in their order, since decisions follow it.
    return {"map": [[encode(key), encode(one)] for key, one in value.items()]}


def _written_set(value: frozenset[Any]) -> Json:
    # A set has no order of its own, and that of strings changes from process to process.
    return {"set": sorted((encode(one) for one in value), key=json.dumps)}


_WRITERS: Final[dict[type, Callable[[Any], Json]]] = {
    **{kind: lambda value: value for kind in (type(None), bool, int, float, str)},
    tuple: lambda value: [encode(one) for one in value],
    Decimal: lambda value: {"decimal": str(value)},
    datetime: lambda value: {"instant": value.isoformat()},
    date: lambda value: {"day": value.isoformat()},
    timedelta: lambda value: {"microseconds": value // timedelta(microseconds=1)},
    dict: _written_map,
    frozenset: _written_set,
}


def _read(tag: str, content: Json, packages: tuple[str, ...]) -> Any:
    try:
        return _READERS[tag](content, packages)
    except (TypeError, ValueError, InvalidOperation):
        raise InvalidInput.of("recording", f"holds a malformed {tag}") from None


_READERS: Final[dict[str, Callable[[Any, tuple[str, ...]], Any]]] = {
    "decimal": lambda content, _packages: Decimal(_as_text(content)),
    "instant": lambda content, _packages: datetime.fromisoformat(content),
    "day": lambda content, _packages: date.fromisoformat(content),
    "microseconds": lambda content, _packages: timedelta(microseconds=content),
    "map": lambda content, packages: {
        decode(key, packages): decode(one, packages) for key, one in content
    },
    "set": lambda content, packages: frozenset(decode(one, packages) for one in content),
}


def _as_text(content: Json) -> str:
    if not isinstance(content, str):
        raise TypeError
    return content


def _made(stored: dict[str, Json], packages: tuple[str, ...]) -> Any:
    parts = dict(stored)
    name = parts.pop(_CLASS)
    kind = _class(name, packages)
    try:
        if issubclass(kind, Enum):
            return kind(decode(parts.pop(_VALUE), packages))
        values = {field: decode(part, packages) for field, part in parts.items()}
        return kind.model_validate(values) if issubclass(kind, ResourceModel) else kind(**values)
    except (TypeError, ValueError, KeyError) as error:
        raise InvalidInput.of(
            str(name), f"was recorded by another release of this program: {error}"
        ) from None


def _class(name: Json, packages: tuple[str, ...]) -> type:
    """Find a class among the loaded modules; nothing is imported on a stored text's word."""
    module, _, path = str(name).partition(":")
    found: object = None
    if any(module == package or module.startswith(f"{package}.") for package in packages):
        found = getattr(sys.modules.get(module), path, None)
    if isinstance(found, type) and found.__module__ == module and _is_writable(found):
        return found
    raise InvalidInput.of("recording", f"holds a value of {name}, which is not known here")
