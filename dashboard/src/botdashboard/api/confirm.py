"""The page that asks for a password and a code before more real money is put at risk."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from botcore.domain.errors import Conflict, InvalidInput
from botdashboard.access.policy import Actor
from botdashboard.api.forms import own_form, problems_of, proof_of
from botdashboard.api.plain import (
    Cookie,
    actor_of,
    caller_of,
    framed_page,
    message_page,
    signed_in,
)
from botdashboard.services.desk import Desk

__all__ = ["confirm_routes"]


def confirm_routes(desk: Desk, cookie: Cookie) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/confirm/{token}")
    async def show(request: Request, token: str) -> Response:
        return await _confirm(desk, request, actor_of(request), token)

    @router.post("/confirm/{token}")
    async def confirm(request: Request, token: str) -> Response:
        actor, form = await own_form(request, desk.audit)
        try:
            held = await desk.confirmations.confirm(actor, token, proof_of(form))
        except InvalidInput as error:
            problems = problems_of(error)
            if not problems.keys() & {"current", "code"}:
                raise
            return await _confirm(desk, request, actor, token, status=422, problems=problems)
        except Conflict as error:
            return message_page(request, "Changed meanwhile", str(error), status=409)
        session = await desk.sessions.renew(actor, caller_of(request, cookie))
        return signed_in(cookie, session, f"/bots/{held.key}")

    return router


async def _confirm(
    desk: Desk, request: Request, actor: Actor, token: str, **shown: Any
) -> Response:
    held = desk.confirmations.find(actor, token)
    factor = await desk.second_factor.state(actor)
    return framed_page(request, "confirm.html", actor, held=held, factor=factor, **shown)
