"""Sign-in and sign-out: plain pages that work without scripts."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from botdashboard.access.tokens import safe_path
from botdashboard.api.forms import own_form
from botdashboard.api.plain import Cookie, caller_of, page, signed_in, text_of
from botdashboard.services.desk import Desk
from botdashboard.services.sign_in import Attempt, Refused

__all__ = ["sign_in_routes"]

_REFUSED = (
    "Name or password is wrong. After several failures in a row, wait a while before the next try."
)
_BUSY = "Too many failures came from your network. Try again in {seconds} seconds."


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
            caller=caller_of(request, cookie),
        )
        outcome = await desk.sign_in.start(attempt)
        if isinstance(outcome, Refused):
            return _refused(request, attempt.name, target, outcome)
        response = signed_in(cookie, outcome.token, target)
        cookie.put_mark(response, outcome.mark)
        return response

    @router.post("/logout")
    async def logout(request: Request) -> Response:
        actor, _ = await own_form(request, desk.audit)
        await desk.sessions.end(actor.session)
        await desk.audit.note(actor.name, "sign-out", ip=caller_of(request, cookie).ip)
        response = RedirectResponse("/login", 303)
        response.headers["clear-site-data"] = '"cache", "storage"'
        cookie.take(response)
        return response

    return router


def _refused(request: Request, name: str, target: str, outcome: Refused) -> Response:
    wait = outcome.retry_after
    response = page(
        request,
        "sign_in.html",
        status=429 if wait else 401,
        next=target,
        name=name,
        problem=_BUSY.format(seconds=wait) if wait else _REFUSED,
    )
    if wait:
        response.headers["retry-after"] = str(wait)
    return response
