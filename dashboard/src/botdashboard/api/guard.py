"""The guard in front of everything: origin, session, and whose socket it is (SEC-47 to SEC-57)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from botcore.domain.errors import Transient
from botdashboard.access.policy import Actor
from botdashboard.access.tokens import safe_path
from botdashboard.api.headers import CSP_REPORTS
from botdashboard.services.audit import Audit
from botdashboard.services.sessions import Sessions

__all__ = ["Guard", "GuardRules", "cookie_of"]

SOCKET_PATH = "/_nicegui_ws/"
SESSION_PATH = "/session"  # asked by pages, not by people
LONGEST_BODY = 64 * 1024  # bytes
_PUBLIC = frozenset({"/login", "/login/code", "/healthz", "/readyz", "/favicon.ico", CSP_REPORTS})
_PUBLIC_FOLDERS = ("/setup/", "/invite/", "/renew/", "/static/", "/_nicegui/")
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRules:
    """What the guard lets through."""

    origins: frozenset[str]
    cookie: str
    may_join: Callable[[str, bytes], bool]
    """Whether the page of this client id was opened in this session, or is not there any more."""


def cookie_of(headers: Mapping[str, str], name: str) -> str:
    """Read one cookie; a malformed header holds none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


class Guard:
    """Refuses what comes from elsewhere, and tells the rest who acts."""

    def __init__(self, app: ASGIApp, rules: GuardRules, sessions: Sessions, audit: Audit) -> None:
        self._app = app
        self._rules = rules
        self._sessions = sessions
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge a request or a handshake before anything else sees it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        del MutableHeaders(scope=scope)["x-forwarded-prefix"]  # reflected into pages (SEC-57)
        try:
            refusal = await self._judge(scope)
        except Transient:
            refusal = PlainTextResponse("The database is away: try again soon.", 503)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, send)

    async def _judge(self, scope: Scope) -> Response | None:
        if scope["path"].startswith(SOCKET_PATH):
            return await self._judge_socket(scope)
        if scope["type"] == "websocket":
            return _forbidden()
        if scope["method"] not in _READS:
            refusal = await self._judge_change(scope)
            if refusal is not None:
                return refusal
        return await self._judge_page(scope)

    async def _judge_socket(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if headers.get("origin") not in self._rules.origins:
            return await self._refuse(scope, "socket.origin")
        token = cookie_of(headers, self._rules.cookie)
        actor = await self._sessions.find(token, is_action=False)
        client_id = parse_qs(scope["query_string"].decode("latin-1")).get("client_id", [""])[0]
        if actor is None:
            return _forbidden()  # tabs of ended sessions knock for hours: no line for each
        if not self._rules.may_join(client_id, actor.session):
            return await self._refuse(scope, "socket.page")
        return None

    async def _judge_change(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        # With Referrer-Policy no-referrer browsers send the origin of a form as "null".
        is_ours = origin in self._rules.origins or (
            origin in {None, "null"} and headers.get("sec-fetch-site") == "same-origin"
        )
        if not is_ours:
            return await self._refuse(scope, "request.origin")
        length = headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            return PlainTextResponse("The request is too long.", 413)
        return None

    async def _judge_page(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if path in _PUBLIC or path.startswith(_PUBLIC_FOLDERS):
            return None
        actor = await self._actor(scope)
        if actor is None:
            target = quote(safe_path(path), safe="/")
            return RedirectResponse(f"/login?next={target}" if target != "/" else "/login", 303)
        scope.setdefault("state", {})["actor"] = actor
        return None

    async def _actor(self, scope: Scope) -> Actor | None:
        token = cookie_of(Headers(scope=scope), self._rules.cookie)
        is_action = scope["path"] != SESSION_PATH
        return await self._sessions.find(token, is_action=is_action) if token else None

    async def _refuse(self, scope: Scope, action: str) -> Response:
        client = scope.get("client")
        await self._audit.note(
            "unknown", action, scope["path"], result="refused", ip=client[0] if client else ""
        )
        return _forbidden()


def _forbidden() -> Response:
    return PlainTextResponse("Forbidden", 403)
