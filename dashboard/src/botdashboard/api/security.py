"""A person's own account: plain pages, since what is typed here is secret."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from botcore.domain.errors import InvalidInput
from botdashboard.access.policy import Actor
from botdashboard.api.forms import own_form, problems_of
from botdashboard.api.plain import Cookie, actor_of, caller_of, framed_page, signed_in, text_of
from botdashboard.services.desk import Desk
from botdashboard.services.own_account import NewPassword

__all__ = ["security_routes"]


def security_routes(desk: Desk, cookie: Cookie) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/security")
    async def show(request: Request) -> Response:
        return await _security(request, actor_of(request))

    @router.post("/security/password")
    async def change_password(request: Request) -> Response:
        actor, form = await own_form(request, desk.audit)
        new = NewPassword(
            current=text_of(form.get("current")),
            password=text_of(form.get("password")),
            repeated=text_of(form.get("repeated")),
        )
        try:
            token = await desk.own_account.change_password(actor, new, caller_of(request, cookie))
        except InvalidInput as error:
            return await _security(request, actor, status=422, problems=problems_of(error))
        return signed_in(cookie, token, "/security")

    return router


async def _security(request: Request, actor: Actor, **shown: Any) -> Response:
    return framed_page(request, "security.html", actor, **shown)
