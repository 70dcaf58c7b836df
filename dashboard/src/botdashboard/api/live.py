"""Live grants of a bot: a plain page, since a password and a code are typed on it."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from botcore.domain.errors import InvalidInput
from botcore.domain.money import wire
from botdashboard.access.policy import Actor
from botdashboard.api.forms import own_form, problems_of, proof_of
from botdashboard.api.plain import Cookie, actor_of, caller_of, framed_page, signed_in, text_of
from botdashboard.services.desk import Desk
from botdashboard.services.grants import WantedGrant
from botdashboard.views.records import BotKey, BotRecord

__all__ = ["live_routes"]


def live_routes(desk: Desk, cookie: Cookie) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/bots/{namespace}/{name}/live")
    async def show(request: Request, namespace: str, name: str) -> Response:
        return await _live(desk, request, actor_of(request), _key(namespace, name))

    @router.post("/bots/{namespace}/{name}/live")
    async def grant(request: Request, namespace: str, name: str) -> Response:
        actor, form = await own_form(request, desk.audit)
        wanted = WantedGrant(
            key_id=text_of(form.get("key_id")),
            symbols=text_of(form.get("symbols")),
            most_notional=text_of(form.get("most_notional")).strip(),
            days=text_of(form.get("days")).strip(),
        )
        key = _key(namespace, name)
        try:
            await desk.grants.grant(actor, key, wanted, proof_of(form))
        except InvalidInput as error:
            problems = problems_of(error)
            return await _live(desk, request, actor, key, typed=wanted, problems=problems)
        token = await desk.sessions.renew(actor, caller_of(request, cookie))
        return signed_in(cookie, token, f"/bots/{key}/live")

    @router.post("/bots/{namespace}/{name}/live/revoke")
    async def revoke(request: Request, namespace: str, name: str) -> Response:
        actor, form = await own_form(request, desk.audit)
        key = _key(namespace, name)
        try:
            grant_id = UUID(text_of(form.get("grant")))
        except ValueError:
            raise InvalidInput.of("grant", "is not the id of one") from None
        await desk.grants.revoke(actor, key, grant_id)
        return RedirectResponse(f"/bots/{key}/live", 303)

    return router


def _key(namespace: str, name: str) -> BotKey:
    return BotKey(namespace=namespace, name=name)


async def _live(
    desk: Desk,
    request: Request,
    actor: Actor,
    key: BotKey,
    *,
    typed: WantedGrant | None = None,
    **shown: Any,
) -> Response:
    found = await desk.grants.of_bot(actor, key)
    return framed_page(
        request,
        "live.html",
        actor,
        status=422 if typed else 200,
        record=found.record,
        grants=found.grants,
        keys=found.keys,
        factor=await desk.second_factor.state(actor),
        typed=typed or _suggested(found.record),
        money=wire,
        **shown,
    )


def _suggested(record: BotRecord) -> WantedGrant:
    strategies = record.spec.get("strategies", ())
    symbols = sorted({symbol for one in strategies for symbol in one.get("symbols", ())})
    limits = record.spec.get("risk") or {}
    return WantedGrant(
        key_id=str((record.spec.get("credentials") or {}).get("sealedKey", "")),
        symbols=" ".join(symbols),
        most_notional=str(limits.get("maxPositionNotional", "")),
        days="30",
    )
