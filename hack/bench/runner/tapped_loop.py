"""An event loop whose connections are watched: when a candle's bytes came in, when the order's bytes went out."""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

__all__ = ["Tap", "TappedLoop", "Watcher"]

_CLOSED: Final = b'"x":true'
_ORDER: Final = b"POST /api/v3/order"
_SIGNED: Final = b"signature="


class Tap:
    """What was measured: seconds from a candle's last byte read to the order's last byte written.

    `busy` are those of this process's own time on a processor, which others on the machine hardly change.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self.seconds: list[float] = []
        self.busy: list[float] = []
        self._came: float | None = None
        self._began = 0.0
        self._is_ordering = False

    def read(self, data: bytes) -> None:
        """Look at what came in."""
        if _CLOSED in data:
            self._came, self._began = time.perf_counter(), time.thread_time()

    def wrote(self, data: bytes) -> None:
        """Look at what went out; an order's head and its signed body may come apart."""
        if self._came is None:
            return
        self._is_ordering = self._is_ordering or _ORDER in data
        if self._is_ordering and _SIGNED in data:
            self.seconds.append(time.perf_counter() - self._came)
            self.busy.append(time.thread_time() - self._began)
            self._came, self._is_ordering = None, False


class Watcher(Protocol):
    """Sees every byte of every connection; must be quick."""

    def read(self, data: bytes) -> None:
        """Look at what came in."""

    def wrote(self, data: bytes) -> None:
        """Look at what went out."""


class TappedLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop; every connection made through it passes the tap."""

    def __init__(self, tap: Watcher) -> None:
        """Take who watches."""
        super().__init__()
        self._tap = tap

    async def create_connection(  # type: ignore[override]  # the overloads differ in what they can't combine
        self, protocol_factory: Callable[[], asyncio.Protocol], *args: Any, **kwargs: Any
    ) -> tuple[Any, Any]:
        """Connect; the caller gets its own protocol and a transport that notes what it writes."""
        _, listener = await super().create_connection(
            lambda: _Listener(protocol_factory(), self._tap), *args, **kwargs
        )
        return listener.transport, listener.inner


class _Writer:
    """A transport that notes what is written."""

    def __init__(self, inner: asyncio.Transport, tap: Watcher) -> None:
        self._inner, self._tap = inner, tap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(self, data: bytes) -> None:
        self._inner.write(data)
        self._tap.wrote(data)

    def writelines(self, chunks: Iterable[bytes]) -> None:
        self.write(b"".join(chunks))


class _Listener(asyncio.Protocol):
    """A protocol that notes what comes in and hands everything on."""

    def __init__(self, inner: asyncio.Protocol, tap: Watcher) -> None:
        self.inner, self._tap = inner, tap
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = _Writer(transport, self._tap)  # type: ignore[arg-type]  # a stream's is both ways
        self.inner.connection_made(self.transport)

    def data_received(self, data: bytes) -> None:
        self._tap.read(data)
        self.inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self.inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self.inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        self.inner.resume_writing()
