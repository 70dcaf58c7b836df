"""Depth streams, and the order book that REST answers from."""

import asyncio
from typing import Final

import structlog

from botexchange.upstream.book import ASKED, Applied, Book
from botexchange.upstream.channels import Tools
from botexchange.upstream.messages import Frame

__all__ = ["DepthChannel"]

_log = structlog.get_logger(__name__)
PATH: Final = "/api/v3/depth"
TRIES: Final = 3
WEIGHT: Final = 50  # of a snapshot with 1,000 levels
AGAIN_SECONDS: Final = 5.0  # a book that can't be kept costs no more than that allows
FLOW_SECONDS: Final = 3.0
PAUSE_SECONDS: Final = 0.5


class DepthChannel:
    """Diff events of one symbol; a book is kept from them once somebody asked for it.

    The book is as new as the last event that was passed on, so a listener who buffers events
    and asks this relay for a snapshot finds the two fit (Binance: how to manage a local book).
    """

    def __init__(self, stream: str, symbol: str, tools: Tools) -> None:
        """Start without a book."""
        self._stream = stream
        self._symbol = symbol
        self._tools = tools
        self._book: Book | None = None
        self._next_at = 0.0
        self._lock = asyncio.Lock()

    def take(self, frame: Frame) -> None:
        """Apply an event and pass it on."""
        event = frame.data
        if not isinstance(event, dict) or not isinstance(event.get("u"), int):
            return
        if self._book is not None:
            outcome = self._book.apply(event)
            if outcome is Applied.GAP:
                _log.info("relay_book_restarts", symbol=self._symbol)
                self._book.reset()
                self._book.apply(event)
        self._tools.sink.publish(frame)

    def resumed(self) -> None:
        """Start the book again; the listeners see the gap in the ids."""
        if self._book is not None:
            self._book.reset()

    def greeting(self) -> list[Frame]:
        """Let the listener wait for the next event."""
        return []

    def cost(self) -> int:
        """Give the weight of the call to upstream that `answer` would begin now."""
        is_synced = self._book is not None and self._book.last_id is not None
        return 0 if is_synced or self._lock.locked() else WEIGHT

    async def answer(self, limit: int) -> bytes | None:
        """Write the book as REST does; None if it can't be kept now or is not deep enough.

        Raises:
            Transient: upstream can't be asked for a snapshot.
            VenueError: upstream refuses.
        """
        if self._book is None:
            self._book = Book()
        book = self._book
        async with self._lock:
            now = self._tools.clock.boottime()
            if book.last_id is None and now >= self._next_at and self._tools.may_spend():
                self._next_at = now + AGAIN_SECONDS
                await self._sync(book)
        return book.answer(limit) if self._tools.streams.flows(self._stream) else None

    async def _sync(self, book: Book) -> None:
        deadline = self._tools.clock.boottime() + FLOW_SECONDS
        while not self._tools.streams.flows(self._stream):
            if self._tools.clock.boottime() > deadline or not self._tools.streams.is_live():
                return
            await asyncio.sleep(0.02)
        for _ in range(TRIES):
            query = {"symbol": self._symbol, "limit": str(ASKED)}
            answer = await self._tools.rest.get(PATH, query)
            if book.start(answer.value):
                return
            book.last_id = None
            await asyncio.sleep(PAUSE_SECONDS)
