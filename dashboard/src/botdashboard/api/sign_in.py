"""Sign-in and sign-out: plain pages that work without scripts."""

from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from botdashboard.access.tokens import safe_path
from botdashboard.api.forms import own_form
from botdashboard.api.guard import cookie_of
from botdashboard.api.plain import Cookie, caller_of, page, signed_in, text_of
from botdashboard.services.desk import Desk
from botdashboard.services.sign_in import Attempt, CodeWanted, Refused, SignedIn

__all__ = ["sign_in_routes"]

_REFUSED = (
    "Name or password is wrong. After several failures in a row, wait a while before the next try."
)
_WRONG_CODE = "is wrong or was used already: wait for the next one."
_CLOCK_OFF = " This server's clock is off by {seconds:.0f} s, so that right codes may be refused: tell an admin."
_OVER = "Too many wrong codes, or too long ago: sign in again."
_BUSY_CODES = "was wrong too often: wait {seconds} seconds."
_BUSY = "Too many failures came from your network. Try again in {seconds} seconds."


def sign_in_routes(desk: Desk, cookie: Cookie) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/login")
    async def show_login(request: Request, next: str = "/") -> Response:  # noqa: A002 the query's name
        # Pages of a session that got another token are led here: there is nothing to do.
        token = cookie_of(request.headers, cookie.name)
        if token and await desk.sessions.find(token, is_action=False):
            return RedirectResponse(safe_path(next), 303)
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
        if isinstance(outcome, CodeWanted):
            response = RedirectResponse(f"/login/code?next={quote(target, safe='/')}", 303)
            cookie.put_pending(response, outcome.token)
            return response
        return _signed_in(cookie, outcome, target)

    _add_sign_out(router, desk, cookie)
    _add_codes(router, desk, cookie)
    return router


def _add_sign_out(router: APIRouter, desk: Desk, cookie: Cookie) -> None:
    @router.post("/logout")
    async def logout(request: Request) -> Response:
        actor, _ = await own_form(request, desk.audit)
        await desk.sessions.end(actor.session)
        await desk.audit.note(actor.name, "sign-out", ip=caller_of(request, cookie).ip)
        response = RedirectResponse("/login", 303)
        response.headers["clear-site-data"] = '"cache", "storage"'
        cookie.take(response)
        return response


def _add_codes(router: APIRouter, desk: Desk, cookie: Cookie) -> None:
    @router.get("/login/code")
    async def show_code(request: Request, next: str = "/") -> Response:  # noqa: A002 the query's name
        if not await desk.sign_in.is_waiting(cookie_of(request.headers, cookie.pending)):
            return RedirectResponse("/login", 303)
        return page(request, "code.html", next=safe_path(next))

    @router.post("/login/code")
    async def code(request: Request) -> Response:
        form = await request.form()
        target = safe_path(text_of(form.get("next")))
        outcome = await desk.sign_in.finish(
            cookie_of(request.headers, cookie.pending),
            text_of(form.get("code"))[:64],
            caller_of(request, cookie),
        )
        if isinstance(outcome, SignedIn):
            return _signed_in(cookie, outcome, target)
        if outcome.is_over:
            return page(request, "sign_in.html", status=401, next=target, problem=_OVER)
        wait = outcome.retry_after
        words = _BUSY_CODES.format(seconds=wait) if wait else _WRONG_CODE
        if desk.clock_watch.is_off:
            words += _CLOCK_OFF.format(seconds=abs(desk.clock_watch.skew))
        return page(
            request, "code.html", status=429 if wait else 401, next=target, problems={"code": words}
        )


def _signed_in(cookie: Cookie, outcome: SignedIn, target: str) -> Response:
    response = signed_in(cookie, outcome.token, target)
    cookie.put_mark(response, outcome.mark)
    cookie.take_pending(response)
    return response


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
