"""The HTTP session of the watches, which tells what is granted and that something comes through."""

from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import Any, cast

import aiohttp

from botoperator.handlers.kopf_library import kopf

__all__ = ["OnAnswer", "OnWatch", "open_session"]

OnAnswer = Callable[[str, str, int], None]
OnWatch = Callable[[str], None]


def open_session(
    info: kopf.ConnectionInfo, on_answer: OnAnswer, on_watch: OnWatch
) -> kopf.AiohttpSession:
    """Connect as kopf would.

    `on_answer` is told method (watch for one), plural and status of every answer; `on_watch` a watch, as
    namespace/plural, when it is granted and whenever data come.
    """

    class Answer(aiohttp.ClientResponse):
        async def start(self, connection: Any) -> aiohttp.ClientResponse:
            await super().start(connection)
            *_, namespace, plural = self.url.path.split("/")
            is_watch, watch = "watch" in self.url.query, f"{namespace}/{plural}"
            on_answer("watch" if is_watch else self.method.lower(), plural, self.status)
            if is_watch and self.status == HTTPStatus.OK:
                on_watch(watch)
                heard = _Heard(self.content, lambda: on_watch(watch))
                self.content = cast("aiohttp.StreamReader", heard)
            return self

    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=info.as_ssl_context()),
        headers=info.as_http_headers(),
        proxy=info.proxy_url,
        trust_env=info.trust_env,
        response_class=Answer,
    )
    return kopf.AiohttpSession(
        aiohttp_session=session,
        server=info.server,
        default_namespace=info.default_namespace,
    )


class _Heard:
    """A body that tells whenever a part of it is read."""

    def __init__(self, content: aiohttp.StreamReader, on_data: Callable[[], None]) -> None:
        self._content = content
        self._on_data = on_data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._content, name)

    async def iter_chunked(self, size: int) -> AsyncIterator[bytes]:
        async for chunk in self._content.iter_chunked(size):
            self._on_data()
            yield chunk
