"""The form that takes an exchange key: plain HTML, sealed in the request, never shown again (D3)."""

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from botcore.domain.errors import InvalidInput
from botdashboard.access.policy import Actor
from botdashboard.api.forms import own_form, problems_of, proof_of
from botdashboard.api.plain import Cookie, actor_of, caller_of, page, signed_in, text_of
from botdashboard.services.desk import Desk
from botdashboard.services.keys import ENVIRONMENTS, PlainKey

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
            problems = problems_of(error)
            return await _form(desk, request, actor, form=form, problems=problems)
        token = await desk.sessions.renew(actor, caller_of(request, cookie))
        return signed_in(cookie, token, "/keys")

    return router


def _plain(form: FormData) -> PlainKey:
    return PlainKey(
        label=text_of(form.get("label")).strip(),
        environment=text_of(form.get("environment")),
        api_key=text_of(form.get("api_key")).strip(),
        api_secret=text_of(form.get("api_secret")).strip(),
    )


async def _form(
    desk: Desk,
    request: Request,
    actor: Actor,
    *,
    form: FormData | None = None,
    problems: dict[str, str] | None = None,
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
        label=text_of(form.get("label")) if form else "",
        environment=text_of(form.get("environment")) if form else "testnet",
        problems=problems or {},
    )
