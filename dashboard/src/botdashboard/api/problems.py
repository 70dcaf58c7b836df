"""What programs are answered when something is wrong: problem details of RFC 9457, each problem with its field."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import JSONResponse

from botcore.domain.errors import Problem

__all__ = ["PROBLEM_SCHEMA", "PROBLEM_TYPE", "STEP_UP", "problem"]

PROBLEM_TYPE: Final = "application/problem+json"
STEP_UP: Final = "urn:kbots:problem:step-up"
"""The kind of problem that a person alone solves, on a page."""

PROBLEM_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "enum": ["about:blank", STEP_UP]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def problem(
    status: int, detail: str, problems: Iterable[Problem] = (), *, kind: str = "about:blank"
) -> JSONResponse:
    """Say what is wrong; nothing that was sent is repeated, it may be a secret."""
    content: dict[str, Any] = {
        "type": kind,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    errors = [{"field": one.field, "message": one.message} for one in problems]
    if errors:
        content["errors"] = errors
    return JSONResponse(content, status, media_type=PROBLEM_TYPE)
