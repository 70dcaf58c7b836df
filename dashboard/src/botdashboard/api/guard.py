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
from botdashboard.api.problems import problem
from botdashboard.services.attempts import Wait
from botdashboard.services.desk import Desk

__all__ = ["API_PATH", "Guard", "GuardRules", "cookie_of"]

API_PATH = "/api"

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

    def __init__(self, app: ASGIApp, rules: GuardRules, desk: Desk) -> None:
        self._app = app
        self._rules = rules
        self._sessions = desk.sessions
        self._tokens = desk.tokens
        self._audit = desk.audit

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
            refusal.headers["retry-after"] = "1"
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
        if scope["path"] == API_PATH or scope["path"].startswith(f"{API_PATH}/"):
            return await self._judge_api(scope)
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

    async def _judge_api(self, scope: Scope) -> Response | None:
        """Let programs in by their token alone: no cookie counts, so no other site can use a browser's."""
        headers = Headers(scope=scope)
        refusal = _unread(scope["path"], headers)
        if refusal is not None:
            return refusal
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            return _unauthorized("send a personal access token: Authorization: Bearer kbots_pat_…")
        found = await self._tokens.find(token, _address(scope))
        if isinstance(found, Wait):
            refusal = problem(429, "too many wrong tokens came from your network")
            refusal.headers["retry-after"] = str(found.seconds)
            return refusal
        if found is None:
            return _unauthorized("this token opens nothing: it is wrong, over or revoked")
        scope.setdefault("state", {})["actor"] = found
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
        if not token:
            return None
        is_action = scope["path"] != SESSION_PATH
        return await self._sessions.find(token, ip=_address(scope), is_action=is_action)

    async def _refuse(self, scope: Scope, action: str) -> Response:
        path, ip = scope["path"], _address(scope)
        await self._audit.note("unknown", action, path, result="refused", ip=ip)
        return _forbidden()


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _unread(path: str, headers: Headers) -> Response | None:
    """Refuse a request of the API for how it comes, before anybody looks at what it says."""
    if not path.isprintable():
        return problem(404, "there is nothing of this name and method")
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers:
        return problem(411, "name the length of the body")
    if not length.isdecimal() or int(length) > LONGEST_BODY:
        return problem(413, f"a body has at most {LONGEST_BODY} bytes")
    return None


def _unauthorized(words: str) -> Response:
    refusal = problem(401, words)
    refusal.headers["www-authenticate"] = 'Bearer realm="kbots"'
    return refusal


def _forbidden() -> Response:
    return PlainTextResponse("Forbidden", 403)
