"""The forms that take an exchange key: plain HTML, sealed in the request, never shown again (D3)."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from botcore.domain.errors import Conflict, InvalidInput
from botdashboard.access.policy import Actor
from botdashboard.api.forms import own_form, problems_of, proof_of
from botdashboard.api.plain import (
    Cookie,
    actor_of,
    caller_of,
    message_page,
    page,
    signed_in,
    text_of,
)
from botdashboard.services.desk import Desk
from botdashboard.services.keys import ENVIRONMENTS, PlainKey, PlainSecret

__all__ = ["key_form_routes"]


def key_form_routes(desk: Desk, cookie: Cookie) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/keys/new")
    async def show(request: Request) -> Response:
        actor = actor_of(request)
        await desk.keys.target(actor)
        return await _form(desk, request, actor)

    @router.post("/keys/new")
    async def add(request: Request) -> Response:
        target = await desk.keys.target(actor_of(request))
        actor, form = await own_form(request, desk.audit)
        try:
            await desk.keys.add(actor, target, _plain(form), proof_of(form))
        except InvalidInput as error:
            typed = {name: text_of(form.get(name)) for name in ("label", "environment")}
            return await _form(desk, request, actor, problems=problems_of(error), **typed)
        token = await desk.sessions.renew(actor, caller_of(request, cookie))
        return signed_in(cookie, token, "/keys")

    _add_replacing(router, desk, cookie)
    return router


def _add_replacing(router: APIRouter, desk: Desk, cookie: Cookie) -> None:
    @router.get("/keys/{key_id}/replace")
    async def show_replacing(request: Request, key_id: UUID) -> Response:
        actor = actor_of(request)
        replaced = await desk.keys.replaceable(actor, key_id)
        return await _form(desk, request, actor, replaced=replaced.key)

    @router.post("/keys/{key_id}/replace")
    async def replace(request: Request, key_id: UUID) -> Response:
        replaced = await desk.keys.replaceable(actor_of(request), key_id)
        actor, form = await own_form(request, desk.audit)
        try:
            await desk.keys.replace(actor, replaced, _secret(form), proof_of(form))
        except InvalidInput as error:
            problems = problems_of(error)
            return await _form(desk, request, actor, problems=problems, replaced=replaced.key)
        except Conflict as error:
            return message_page(request, "Changed meanwhile", str(error), status=409)
        token = await desk.sessions.renew(actor, caller_of(request, cookie))
        return signed_in(cookie, token, f"/keys/{key_id}")


def _plain(form: FormData) -> PlainKey:
    return PlainKey(
        label=text_of(form.get("label")).strip(),
        environment=text_of(form.get("environment")),
        secret=_secret(form),
    )


def _secret(form: FormData) -> PlainSecret:
    return PlainSecret(
        api_key=text_of(form.get("api_key")).strip(),
        api_secret=text_of(form.get("api_secret")).strip(),
    )


async def _form(
    desk: Desk,
    request: Request,
    actor: Actor,
    *,
    problems: dict[str, str] | None = None,
    **shown: Any,
) -> Response:
    # Label and environment come back after a refusal, the key and its secret never do.
    return page(
        request,
        "key.html",
        status=422 if problems else 200,
        actor=actor,
        csrf=actor.csrf_token,
        environments=ENVIRONMENTS,
        egress=desk.egress,
        factor=await desk.second_factor.state(actor),
        problems=problems or {},
        **({"label": "", "environment": "testnet", "replaced": None} | shown),
    )
