"""Plain server-rendered pages: templates without scripts, their cookies, and the caller of a request."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.templating import Jinja2Templates

from botcore.domain.errors import (
    InvalidInput,
    NotAllowed,
    NotFound,
    PlatformError,
    Transient,
)
from botdashboard.access.policy import Actor
from botdashboard.api.guard import cookie_of
from botdashboard.services.sessions import Caller

__all__ = [
    "Cookie",
    "actor_of",
    "caller_of",
    "framed_page",
    "message_page",
    "page",
    "problem_page",
    "signed_in",
    "text_of",
]

KNOWN_FOR = 180 * 24 * 3600  # seconds
_TEMPLATES = Jinja2Templates(Path(__file__).parent / "templates")
_STATUS: tuple[tuple[type[PlatformError], int], ...] = (
    (NotFound, 404),
    (NotAllowed, 403),
    (InvalidInput, 422),
    (Transient, 503),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """The session's cookie; `__Host-` and Secure need https (SEC-18)."""

    is_secure: bool

    @property
    def name(self) -> str:
        """The cookie's name."""
        return "__Host-kbots" if self.is_secure else "kbots"

    def put(self, response: Response, token: str) -> None:
        """Give the browser a token, until it is closed."""
        response.set_cookie(
            self.name, token, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )

    @property
    def mark(self) -> str:
        """The name of the cookie a browser is known by."""
        return f"{self.name}-device"

    def put_mark(self, response: Response, mark: str) -> None:
        """Have the browser known at its next sign-in; it opens nothing (SEC-15)."""
        response.set_cookie(
            self.mark, mark, max_age=KNOWN_FOR, path="/", secure=self.is_secure, httponly=True,
            samesite="lax",
        )  # fmt: skip

    @property
    def pending(self) -> str:
        """The name of the cookie of a sign-in that waits for its code."""
        return f"{self.name}-pending"

    def put_pending(self, response: Response, token: str) -> None:
        """Have the browser show whose password was right."""
        response.set_cookie(
            self.pending, token, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )

    def take_pending(self, response: Response) -> None:
        """Forget that sign-in."""
        response.delete_cookie(
            self.pending, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )

    def take(self, response: Response) -> None:
        """Take the token from the browser."""
        response.delete_cookie(
            self.name, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Render a template, escaped."""
    return _TEMPLATES.TemplateResponse(request, template, values, status_code=status)


def framed_page(request: Request, template: str, actor: Actor, **values: Any) -> Response:
    """Render a template in the frame of the live pages."""
    return page(request, template, actor=actor, csrf=actor.csrf_token, **values)


def message_page(request: Request, title: str, message: str, *, status: int) -> Response:
    """Render a page that says one thing."""
    return page(request, "message.html", status=status, title=title, message=message)


async def problem_page(request: Request, error: Exception) -> Response:
    """Say what an error asks the person to do."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    text = str(error) if status != 500 else "It failed and was written to the log. Try again."
    return message_page(request, "That did not work", text, status=status)


def signed_in(cookie: Cookie, token: str, target: str) -> Response:
    """Give the browser its session and lead it on."""
    response = RedirectResponse(target, 303)
    cookie.put(response, token)
    return response


def caller_of(request: Request, cookie: Cookie) -> Caller:
    """Say where a request comes from."""
    return Caller(
        ip=request.client.host if request.client else "",
        device=request.headers.get("user-agent", ""),
        mark=cookie_of(request.headers, cookie.mark),
    )


def actor_of(request: Request) -> Actor:
    """Answer who acts; the guard has found the session.

    Raises:
        NotAllowed: nobody is signed in.
    """
    actor = request.scope.get("state", {}).get("actor")
    if not isinstance(actor, Actor):
        raise NotAllowed("sign in first")
    return actor


def text_of(value: object) -> str:
    """Answer a form field's text; a file or nothing is empty."""
    return value if isinstance(value, str) else ""
