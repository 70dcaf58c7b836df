"""Personal access tokens: a plain page, since a password is typed on it and a token shown."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from botcore.domain.errors import InvalidInput
from botdashboard.access.policy import Actor, Scope
from botdashboard.api.forms import own_form, problems_of, proof_of
from botdashboard.api.plain import Cookie, actor_of, caller_of, framed_page, text_of
from botdashboard.services.desk import Desk
from botdashboard.services.tokens import LIFETIMES, WantedToken

__all__ = ["token_routes"]

_MEANINGS = {
    Scope.READ: "see bots, trades, orders, equity, what is shown of keys, and your audit log",
    Scope.TRADE: "make, change, delete, run and stop bots; real money is put at risk on pages alone",
    Scope.KEYS: "add exchange keys, with your password and code each time, and revoke them",
}


def token_routes(desk: Desk, cookie: Cookie) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/security/tokens")
    async def show(request: Request) -> Response:
        return await _tokens(desk, request, actor_of(request))

    @router.post("/security/tokens")
    async def create(request: Request) -> Response:
        actor, form = await own_form(request, desk.audit)
        wanted = _wanted(form)
        try:
            made = await desk.tokens.create(actor, wanted, proof_of(form))
        except InvalidInput as error:
            shown = {"typed": wanted, "problems": problems_of(error)}
            return await _tokens(desk, request, actor, status=422, **shown)
        session = await desk.sessions.renew(actor, caller_of(request, cookie))
        renewed = await desk.sessions.find(session, ip=actor.ip)
        response = await _tokens(desk, request, renewed or actor, made=made, label=wanted.label)
        cookie.put(response, session)
        return response

    @router.post("/security/tokens/{token_id}/revoke")
    async def revoke(request: Request, token_id: UUID) -> Response:
        actor, _ = await own_form(request, desk.audit)
        await desk.tokens.revoke(actor, token_id)
        return RedirectResponse("/security/tokens", 303)

    return router


def _wanted(form: FormData) -> WantedToken:
    return WantedToken(
        label=text_of(form.get("label")).strip(),
        scopes=tuple(text_of(one) for one in form.getlist("scopes")),
        days=text_of(form.get("days")),
    )


async def _tokens(desk: Desk, request: Request, actor: Actor, **shown: Any) -> Response:
    shown.setdefault("typed", WantedToken(label="", scopes=(Scope.READ,), days="90"))
    return framed_page(
        request,
        "tokens.html",
        actor,
        tokens=await desk.tokens.list(actor),
        factor=await desk.second_factor.state(actor),
        scopes=_MEANINGS,
        lifetimes=LIFETIMES,
        origin=desk.origin,
        **shown,
    )
