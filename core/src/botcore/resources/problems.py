"""Pydantic's findings in the API server's words."""

import json
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from botcore.domain.errors import Problem
from botcore.resources.meta import ResourceModel
from botcore.resources.model_tree import field_names, nested_model

__all__ = ["path_of", "problems_of"]

Words = Callable[[str, Any, Mapping[str, Any]], str]

TYPES = {
    "string_type": "string",
    "int_type": "integer",
    "int_from_float": "integer",
    "int_parsing_size": "integer",
    "dict_type": "object",
    "model_type": "object",
    "tuple_type": "array",
}


def problems_of(error: ValidationError, root: type[ResourceModel]) -> tuple[Problem, ...]:
    """Translate every finding to the field's path and the words of the API server."""
    details = error.errors(include_url=False)
    return tuple(_problem(detail, root) for detail in details if not _counts_bad_items(detail))


def path_of(location: tuple[int | str, ...]) -> str:
    """Write a location as Kubernetes does: `spec.strategies[0].params`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".")


def _problem(detail: ErrorDetails, root: type[ResourceModel]) -> Problem:
    location = detail["loc"]
    path = path_of(location)
    if detail["type"] == "extra_forbidden":
        return Problem(field=path, message=_unknown(location, root))
    return Problem(field=path, message=_message(detail, path))


def _counts_bad_items(detail: ErrorDetails) -> bool:
    # A list is also called too short for the items in it that are named as bad already.
    if detail["type"] != "too_short" or "ctx" not in detail:
        return False
    return len(detail["input"]) >= int(detail["ctx"]["min_length"])


def _message(detail: ErrorDetails, path: str) -> str:
    kind, value = detail["type"], detail["input"]
    if kind in TYPES:
        return _wrong_type(path, value, TYPES[kind])
    if kind in {"enum", "literal_error"} and not isinstance(value, str):
        return _wrong_type(path, value, "string")
    words = WORDS.get(kind)
    if words is None:
        return f"Invalid value: {_shown(value)}: {detail['msg']}"
    return words(path, value, detail.get("ctx", {}))


def _wrong_type(path: str, value: Any, wanted: str) -> str:
    given = _type_of(value)
    return f'Invalid value: "{given}": {path} in body must be of type {wanted}: "{given}"'


def _unsupported(_path: str, value: Any, context: Mapping[str, Any]) -> str:
    supported = re.findall(r"'([^']*)'", context["expected"])
    return f"Unsupported value: {_shown(value)}: supported values: " + ", ".join(
        _shown(one) for one in supported
    )


def _too_short(path: str, value: Any, context: Mapping[str, Any]) -> str:
    things = "properties" if isinstance(value, dict) else "items"
    return (
        f"Invalid value: {context['actual_length']}: {path} in body should have "
        f"at least {context['min_length']} {things}"
    )


WORDS: dict[str, Words] = {
    "missing": lambda _path, _value, _context: "Required value",
    "enum": _unsupported,
    "literal_error": _unsupported,
    "string_pattern_mismatch": lambda path, value, context: (
        f"Invalid value: {_shown(value)}: {path} in body should match '{context['pattern']}'"
    ),
    "string_too_long": lambda _path, _value, context: (
        f"Too long: may not be more than {context['max_length']} bytes"
    ),
    "too_long": lambda _path, value, context: (
        f"Too many: {len(value)}: must have at most {context['max_length']} items"
    ),
    "too_short": _too_short,
    "greater_than_equal": lambda path, value, context: (
        f"Invalid value: {value}: {path} in body should be greater than or equal to {context['ge']}"
    ),
    "less_than_equal": lambda path, value, context: (
        f"Invalid value: {value}: {path} in body should be less than or equal to {context['le']}"
    ),
}


def _unknown(location: tuple[int | str, ...], root: type[ResourceModel]) -> str:
    model: type[ResourceModel] | None = root
    for part in location[:-1]:
        if model is not None and isinstance(part, str):
            field = field_names(model).get(part)
            model = nested_model(field.annotation) if field else None
    known = list(field_names(model)) if model is not None else []
    close = get_close_matches(str(location[-1]), known, n=1)
    return f'unknown field, did you mean "{close[0]}"?' if close else "unknown field"


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case None:
            return "null"
        case _:
            return "object" if isinstance(value, dict) else "array"


def _shown(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)
