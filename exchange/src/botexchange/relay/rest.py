"""The HTTP face of the relay: errors and headers of Binance, and how fresh an answer is."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import orjson
from aiohttp import web

from botcore.domain.errors import Transient
from botcore.matching.refusals import DISCONNECTED, NO_SUCH_PATH, WRONG_METHOD, VenueError
from botexchange.api.params import parse_form
from botexchange.limits import LimitError
from botexchange.relay.answers import Answers, Asked
from botexchange.relay.shared import Said
from botexchange.upstream.channels import Tools

__all__ = ["RelayRest"]

AT_ONCE: Final = 128 * 1024  # bytes
_LOST: Final = VenueError(*DISCONNECTED, status=HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayRest:
    """Answers every path of the public port that is not a WebSocket.

    `X-Kbots-Upstream-Age` says how many ms ago upstream last confirmed what the answer says.
    """

    answers: Answers
    tools: Tools

    def routes(self) -> list[web.RouteDef]:
        """List every path."""
        return [web.route("*", "/{tail:.*}", self.handle)]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; whatever is wrong with it becomes Binance's error."""
        try:
            return await self._answer(request)
        except LimitError as error:
            return self._refuse(error, error.retry_seconds)
        except VenueError as error:
            return self._refuse(error)
        except Transient as error:
            return self._refuse(_LOST, int(error.after_seconds) + 1)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        handler = self.answers.handlers.get(request.path)
        if handler is None:
            raise VenueError(*NO_SUCH_PATH, status=HTTPStatus.NOT_FOUND)
        if request.method not in {"GET", "HEAD"}:
            raise VenueError(*WRONG_METHOD, status=HTTPStatus.METHOD_NOT_ALLOWED)
        try:
            values = parse_form(request.raw_path.partition("?")[2], "")
        except UnicodeError:
            raise VenueError(-1100, "Illegal characters found.") from None
        asked = Asked(path=request.path, values=values, address=request.remote or "")
        asked.check_names()
        said = await handler(asked)
        headers = {**self._headers(), "X-Kbots-Upstream-Age": str(said.age_ms)}
        if len(said.body) + len(said.rest) > AT_ONCE:
            return await _send(request, said, headers)
        return web.Response(
            body=said.body + said.rest, content_type="application/json", headers=headers
        )

    def _headers(self) -> dict[str, str]:
        used = str(self.tools.rest.used_weight())
        return {
            "X-MBX-USED-WEIGHT": used,
            "X-MBX-USED-WEIGHT-1M": used,
            "X-Kbots-Upstream": "live" if self.tools.streams.is_live() else "stale",
        }

    def _refuse(self, error: VenueError, retry_seconds: int | None = None) -> web.Response:
        headers = {
            **self._headers(),
            "X-Kbots-Upstream-Age": str(self.tools.streams.silent_ms()),
        }
        if retry_seconds is not None:
            headers["Retry-After"] = str(retry_seconds)
        return web.Response(
            body=orjson.dumps({"code": error.code, "msg": error.message}),
            status=error.status,
            content_type="application/json",
            headers=headers,
        )


async def _send(request: web.Request, said: Said, headers: dict[str, str]) -> web.StreamResponse:
    """Send a long answer as fast as it is read, so that a slow client holds no copy of it."""
    response = web.StreamResponse(headers=headers)
    response.content_type = "application/json"
    response.content_length = len(said.body) + len(said.rest)
    await response.prepare(request)
    for text in (said.body, said.rest) if request.method != "HEAD" else ():
        for begin in range(0, len(text), AT_ONCE):
            await response.write(text[begin : begin + AT_ONCE])
    await response.write_eof()
    return response
