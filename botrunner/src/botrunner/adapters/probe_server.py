"""Answers probes and scrapers over HTTP, and can't get in the way of trading.

Written on asyncio's streams: this needs bounds that a web framework does not set (how long a request's head may
take, how many connections may be open), 1.4 MB less memory, and nothing else that a framework gives.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import structlog

__all__ = ["Answer", "ProbeServer", "verdict"]

_log = structlog.get_logger(__name__)

_LONGEST_HEAD: Final = 8_192
"""Bytes of a request up to its empty line."""
_PATIENCE: Final = 5.0
"""Seconds for a whole exchange; who reads or writes slower is cut."""
_MOST_CONNECTIONS: Final = 16
_BIND_AGAIN: Final = 5.0
"""Seconds until an address that can't be bound is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a page answers."""

    text: str
    status: HTTPStatus = HTTPStatus.OK
    content_type: str = "text/plain; charset=utf-8"


Page = Callable[[], Answer]


def verdict(found: Sequence[str]) -> Answer:
    """Answer a probe: what was found is what is wrong."""
    status = HTTPStatus.SERVICE_UNAVAILABLE if found else HTTPStatus.OK
    return Answer(text="; ".join(found or ("ok",)) + "\n", status=status)


class ProbeServer:
    """Serves a few pages by GET, one request per connection; when too many are open the oldest is cut."""

    def __init__(self, *, host: str, port: int, port_file: Path, pages: Mapping[str, Page]) -> None:
        """Take where to listen; port 0 lets the system choose, `port_file` tells which it is."""
        self._host = host
        self._port = port
        self._port_file = port_file
        self._pages = pages
        self._open: dict[asyncio.StreamWriter, None] = {}

    async def run(self) -> None:
        """Serve until cancelled; an address that can't be bound is waited for."""
        while True:
            try:
                server = await asyncio.start_server(
                    self._serve, self._host, self._port, limit=_LONGEST_HEAD, backlog=64
                )
            except OSError as error:
                _log.error("probes_not_served", reason=str(error))
                await asyncio.sleep(_BIND_AGAIN)
                continue
            try:
                self._tell(server.sockets[0].getsockname()[1])
                await asyncio.get_running_loop().create_future()
            finally:
                server.close()
                for writer in tuple(self._open):
                    writer.transport.abort()

    def _tell(self, port: int) -> None:
        partial = self._port_file.with_suffix(".partial")
        partial.write_text(str(port), encoding="ascii")
        partial.rename(self._port_file)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open[writer] = None
        if len(self._open) > _MOST_CONNECTIONS:
            next(iter(self._open)).transport.abort()
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_written(self._answer(head)))
                writer.close()  # after what is written
                await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # it went, was slow, or wanted too much
        finally:
            del self._open[writer]
            writer.transport.abort()

    def _answer(self, head: bytes) -> Answer:
        words = head.split(b"\r\n", 1)[0].split(b" ")
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
            return _refusal(HTTPStatus.BAD_REQUEST)
        page = self._pages.get(words[1].split(b"?", 1)[0].decode("latin-1"))
        if page is None:
            return _refusal(HTTPStatus.NOT_FOUND)
        if words[0] != b"GET":
            return _refusal(HTTPStatus.METHOD_NOT_ALLOWED)
        try:
            return page()
        except Exception:  # noqa: BLE001 the outermost frame: a page's fault is its own
            _log.exception("probe_failed")
            return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR)


def _refusal(status: HTTPStatus) -> Answer:
    return Answer(text=f"{status.phrase}\n", status=status)


def _written(answer: Answer) -> bytes:
    body = answer.text.encode()
    head = (
        f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\n"
        f"Content-Type: {answer.content_type}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
