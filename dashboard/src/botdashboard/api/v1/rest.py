"""The application below /api: its routes, how its errors are told, its map."""

from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from botcore.domain.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    OutcomeUnknown,
    PlatformError,
    Problem,
    Transient,
)
from botdashboard.api.problems import STEP_UP, problem
from botdashboard.api.v1.bots import bot_routes
from botdashboard.api.v1.history import history_routes
from botdashboard.api.v1.keys import key_routes
from botdashboard.api.v1.me import me_routes
from botdashboard.services.bots import ProofWanted
from botdashboard.services.desk import Desk

__all__ = ["rest_app"]

_log = structlog.get_logger(__name__)
_STATUS: tuple[tuple[type[PlatformError], int], ...] = (
    (InvalidInput, 422),
    (NotAllowed, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Transient, 503),
    (OutcomeUnknown, 504),
)


def rest_app(desk: Desk) -> FastAPI:
    """Build it; the guard in front has found who acts."""
    app = FastAPI(
        title="kbots",
        version="1",
        description="Bots, trades and keys of whoever the token belongs to. docs/api.md tells more.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        servers=[{"url": f"{desk.origin}/api"}],
        root_path_in_servers=False,
    )
    app.add_exception_handler(ProofWanted, _step_up(desk.origin))
    app.add_exception_handler(PlatformError, _told)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _failed)
    for router in (bot_routes(desk), history_routes(desk), key_routes(desk), me_routes(desk)):
        app.include_router(router, prefix="/v1")
    return app


def _step_up(origin: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handle(_: Request, error: Exception) -> Response:
        wanted = error.riskier if isinstance(error, ProofWanted) else ()
        found = [
            Problem(field=f"spec.{one.field}", message=f"from {one.theirs} to {one.yours}")
            for one in wanted
        ]
        words = (
            f"more real money is put at risk: a person does that in the bot's settings at {origin}"
        )
        return problem(403, words, found, kind=STEP_UP)

    return handle


async def _told(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    if status == 500:
        return await _failed(request, error)
    problems = error.problems if isinstance(error, InvalidInput) else ()
    response = problem(status, str(error), problems)
    if isinstance(error, Transient):
        response.headers["retry-after"] = str(max(1, round(error.after_seconds)))
    return response


async def _malformed(_: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    problems = [
        Problem(field=".".join(map(str, one["loc"][1:])) or "body", message=str(one["msg"]))
        for one in found
    ]
    return problem(422, "the request can't be read as it is", problems)


async def _http(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    words = "the body is no JSON" if status == 400 else "there is nothing of this name and method"
    return problem(status, words)


async def _failed(request: Request, error: Exception) -> Response:
    _log.error("api_failed", path=request.url.path, exc_info=error)
    return problem(500, "it failed and was written to the log")
