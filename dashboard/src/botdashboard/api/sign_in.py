"""Sign-in, one-time links and sign-out: plain pages that work without scripts."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from botcore.domain.errors import InvalidInput, NotAllowed
from botdashboard.access.policy import Actor
from botdashboard.access.tokens import safe_path
from botdashboard.api.plain import (
    Cookie,
    actor_of,
    caller_of,
    check_form_token,
    message_page,
    page,
    text_of,
)
from botdashboard.services.accounts import NewAccount
from botdashboard.services.desk import Desk
from botdashboard.services.sign_in import Attempt

__all__ = ["sign_in_routes"]

_REFUSED = (
    "Name or password is wrong. After several failures in a row, wait a while before the next try."
)
_GONE = "This link is not valid, was used already or is too old. Ask for a new one."


def sign_in_routes(desk: Desk, cookie: Cookie) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/login")
    async def show_login(request: Request, next: str = "/") -> Response:  # noqa: A002 the query's name
        return page(request, "sign_in.html", next=safe_path(next))

    @router.post("/login")
    async def login(request: Request) -> Response:
        form = await request.form()
        target = safe_path(text_of(form.get("next")))
        attempt = Attempt(
            name=text_of(form.get("name")).strip().lower(),
            password=text_of(form.get("password")),
            caller=caller_of(request),
        )
        token = await desk.sign_in.start(attempt)
        if token is None:
            return page(request, "sign_in.html", status=401, next=target, problem=_REFUSED)
        return _signed_in(cookie, token, target)

    @router.post("/logout")
    async def logout(request: Request) -> Response:
        actor = actor_of(request)
        await _check(desk, request, actor)
        await desk.sessions.end(actor.session)
        await desk.audit.note(actor.name, "sign-out", ip=caller_of(request).ip)
        response = RedirectResponse("/login", 303)
        response.headers["clear-site-data"] = '"cache", "storage"'
        cookie.take(response)
        return response

    _add_links(router, desk, cookie)
    return router


def _add_links(router: APIRouter, desk: Desk, cookie: Cookie) -> None:
    @router.get("/setup/{token}")
    @router.get("/invite/{token}")
    async def show_link(request: Request, token: str) -> Response:
        if not await desk.accounts.is_usable(token):
            return message_page(request, "Link not valid", _GONE, status=404)
        name = "admin" if request.url.path.startswith("/setup/") else ""
        return page(request, "account.html", name=name)

    @router.post("/setup/{token}")
    @router.post("/invite/{token}")
    async def use_link(request: Request, token: str) -> Response:
        form = await request.form()
        new = NewAccount(
            name=text_of(form.get("name")).strip().lower(),
            password=text_of(form.get("password")),
            repeated=text_of(form.get("repeated")),
        )
        try:
            session = await desk.accounts.accept(token, new, caller_of(request))
        except InvalidInput as error:
            problems = {one.field: one.message for one in error.problems}
            return page(request, "account.html", status=422, name=new.name, problems=problems)
        return _signed_in(cookie, session, "/")


async def _check(desk: Desk, request: Request, actor: Actor) -> None:
    form = await request.form()
    try:
        check_form_token(actor, form.get("csrf"))
    except NotAllowed:
        await desk.audit.note(actor.name, "request.csrf", request.url.path, result="refused")
        raise


def _signed_in(cookie: Cookie, token: str, target: str) -> Response:
    response = RedirectResponse(target, 303)
    cookie.put(response, token)
    return response
