"""The form that takes an exchange key: plain HTML, sealed in the request, never shown again (D3)."""

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from botcore.domain.errors import InvalidInput
from botdashboard.access.policy import Actor
from botdashboard.api.forms import own_form, problems_of
from botdashboard.api.plain import actor_of, page, text_of
from botdashboard.services.desk import Desk
from botdashboard.services.keys import ENVIRONMENTS, PlainKey

__all__ = ["key_form_routes"]


def key_form_routes(desk: Desk) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/keys/new")
    async def show(request: Request) -> Response:
        actor = actor_of(request)
        await desk.keys.target(actor)
        return _form(request, actor, desk.egress)

    @router.post("/keys/new")
    async def add(request: Request) -> Response:
        target = await desk.keys.target(actor_of(request))
        actor, form = await own_form(request, desk.audit)
        try:
            await desk.keys.add(actor, target, _plain(form))
        except InvalidInput as error:
            problems = problems_of(error)
            return _form(request, actor, desk.egress, status=422, form=form, problems=problems)
        return RedirectResponse("/keys", 303)

    return router


def _plain(form: FormData) -> PlainKey:
    return PlainKey(
        label=text_of(form.get("label")).strip(),
        environment=text_of(form.get("environment")),
        api_key=text_of(form.get("api_key")).strip(),
        api_secret=text_of(form.get("api_secret")).strip(),
    )


def _form(
    request: Request,
    actor: Actor,
    egress: tuple[str, ...],
    *,
    status: int = 200,
    form: FormData | None = None,
    problems: dict[str, str] | None = None,
) -> Response:
    # Label and environment come back after a refusal, the key and its secret never do.
    return page(
        request,
        "key.html",
        status=status,
        csrf=actor.csrf_token,
        environments=ENVIRONMENTS,
        egress=egress,
        label=text_of(form.get("label")) if form else "",
        environment=text_of(form.get("environment")) if form else "testnet",
        problems=problems or {},
    )
