"""One connection to the ledger, opened when needed and replaced after it broke."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from botcore.domain.errors import Transient
from botcore.ledger.connect import Connection, DatabaseAddress, connect, translated

__all__ = ["LedgerConnection"]

T = TypeVar("T")
_ANSWER_WITHIN: Final = 10.0
"""Seconds of patience with one piece of work.

The server ends statements after 5 s, but not while its disk hangs or its process stands still; the
driver then waits for 10 s more. The engine can't cancel its entries meanwhile (I10).
"""


class LedgerConnection:
    """Runs one piece of work at a time; a failed one is reported and never repeated here."""

    def __init__(
        self,
        address: DatabaseAddress,
        *,
        opened: Callable[[Connection], Awaitable[None]] | None = None,
    ) -> None:
        """Remember where to connect, and what is done with each new connection first."""
        self._address = address
        self._opened = opened
        self.on_news: Callable[[], None] | None = None
        """Called when the server says something while nobody asks: a notification, or its end."""
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None
        self._watched: int | None = None

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Run work on the connection.

        Raises:
            Transient: the ledger can't be reached or the connection broke during the work, whose outcome
                is then unknown; the next call connects anew.
        """
        async with self._lock:
            self._stop_watching()
            connection = await self._connected()
            try:
                with translated():
                    async with asyncio.timeout(_ANSWER_WITHIN):
                        return await work(connection)
            except (Transient, asyncio.CancelledError):
                await self._drop()
                raise
            except TimeoutError:
                await self._drop()
                raise Transient("the ledger gives no answer") from None
            finally:
                self._watch()

    async def close(self) -> None:
        """Close the connection."""
        async with self._lock:
            await self._drop()

    async def _connected(self) -> Connection:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        self._connection = await connect(self._address)
        if self._opened is not None:
            try:
                with translated():
                    await self._opened(self._connection)
            except BaseException:
                await self._drop()
                raise
        return self._connection

    def _watch(self) -> None:
        """Have news wake `on_news` while the connection is idle; psycopg reads it with the next answer."""
        connection = self._connection
        if self.on_news is not None and connection is not None and not connection.closed:
            self._watched = connection.fileno()
            asyncio.get_running_loop().add_reader(self._watched, self._hear)

    def _stop_watching(self) -> None:
        if self._watched is not None:
            asyncio.get_running_loop().remove_reader(self._watched)
            self._watched = None

    def _hear(self) -> None:
        self._stop_watching()  # what came stays unread until the next work
        if self.on_news is not None:
            self.on_news()

    async def _drop(self) -> None:
        self._stop_watching()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
