"""What every response carries: content security policy and the headers of SEC-60 and SEC-61."""

import secrets
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CSP_REPORTS", "SecurityHeaders"]

CSP_REPORTS: Final = "/csp-reports"
_BASE: Final = (
    "default-src 'self'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "
    f"report-uri {CSP_REPORTS}; "
)
_PLAIN: Final = _BASE + "style-src 'self'; script-src 'none'"
# Vue compiles templates in the browser: without unsafe-eval no live page renders.
_LIVE: Final = (
    _BASE + "style-src 'self' 'unsafe-inline'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'"
)
_FIXED: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_STATIC: Final = ("/static/", "/_nicegui/")


class SecurityHeaders:
    """Adds the headers, and the nonce to the scripts of live pages."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._fixed = dict(_FIXED)
        if is_https:
            self._fixed["strict-transport-security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wrap `send` of HTTP responses."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        response = _Response(scope["path"], self._fixed, send)
        await self._app(scope, receive, response.send)


class _Response:
    def __init__(self, path: str, fixed: dict[str, str], send: Send) -> None:
        self._path = path
        self._fixed = fixed
        self._send = send
        self._start: Message | None = None  # held back while a live page's body is collected
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(self._fixed)
            if not self._path.startswith(_STATIC):
                headers["cache-control"] = "no-store"
            if headers.get("x-nicegui-content") == "page":
                self._start = message
                return
            headers["content-security-policy"] = _PLAIN
        elif self._start is not None:
            self._body += message.get("body", b"")
            if message.get("more_body"):
                return
            message = await self._finish(self._start)
        await self._send(message)

    async def _finish(self, start: Message) -> Message:
        # Texts of people and exchanges are escaped in the page's data: they can't gain the nonce.
        nonce = secrets.token_urlsafe(16)
        body = self._body.replace(b"<script", f'<script nonce="{nonce}"'.encode())
        headers = MutableHeaders(scope=start)
        headers["content-length"] = str(len(body))
        headers["content-security-policy"] = _LIVE.format(nonce=nonce)
        await self._send(start)
        return {"type": "http.response.body", "body": body}
