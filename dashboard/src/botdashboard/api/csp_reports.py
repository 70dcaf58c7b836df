"""Reports of browsers that the content security policy stopped something (SEC-60).

Anybody may send one, so few are taken, and of each only what can hold no secret: addresses may hold one-time tokens.
"""

import json
import re
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from botcore.runtime.clock import Clock
from botdashboard.api.headers import CSP_REPORTS

__all__ = ["csp_report_routes"]

LONGEST = 8 * 1024  # bytes
MOST_IN_A_MINUTE = 20

_log = structlog.get_logger(__name__)
_WORD = re.compile(r"[a-z][a-z-]{0,39}")


def csp_report_routes(clock: Clock) -> APIRouter:
    """Make the route."""
    router = APIRouter()
    pace = _Pace(clock)

    @router.post(CSP_REPORTS)
    async def report(request: Request) -> Response:
        if int(request.headers.get("content-length", "0")) > LONGEST:
            return Response(status_code=413)
        if not pace.takes_one():
            return Response(status_code=429, headers={"retry-after": "60"})
        told = _told(await request.body())
        if told is None:
            return Response(status_code=400)
        _log.warning("csp_violation", **told)
        return Response(status_code=204)

    return router


class _Pace:
    """So many in a minute, whoever sends them; the first that is dropped is said."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minute = -1
        self._taken = 0

    def takes_one(self) -> bool:
        """Count one more and tell whether it is taken."""
        minute = int(self._clock.boottime() // 60)
        if minute != self._minute:
            self._minute, self._taken = minute, 0
        self._taken += 1
        if self._taken == MOST_IN_A_MINUTE + 1:
            _log.warning("csp_reports_dropped", most_in_a_minute=MOST_IN_A_MINUTE)
        return self._taken <= MOST_IN_A_MINUTE


def _told(body: bytes) -> dict[str, str] | None:
    try:
        report = json.loads(body)["csp-report"]
        texts = {name: str(report.get(name, "")) for name in _NAMES}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    directive = texts["effective-directive"] or texts["violated-directive"].partition(" ")[0]
    return {
        "directive": directive if _WORD.fullmatch(directive) else "other",
        "blocked": _origin(texts["blocked-uri"]),
        "page": _first_part(texts["document-uri"]),
    }


_NAMES = ("effective-directive", "violated-directive", "blocked-uri", "document-uri")


def _origin(uri: str) -> str:
    """Name where something was to come from: a word such as inline, or a host without path and query."""
    if _WORD.fullmatch(uri):
        return uri
    try:
        found = urlsplit(uri)
        host = found.hostname or ""
    except ValueError:
        return "other"
    is_plain = re.fullmatch(r"[a-z0-9.:-]{1,80}", host) and _WORD.fullmatch(found.scheme)
    return f"{found.scheme}://{host}" if is_plain else "other"


def _first_part(uri: str) -> str:
    try:
        path = urlsplit(uri).path
    except ValueError:
        return "other"
    part = path.removeprefix("/").partition("/")[0]
    return f"/{part}" if _WORD.fullmatch(part) or not part else "other"
