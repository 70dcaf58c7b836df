"""The client in use; a new key brings a new one, and nothing that is under way is cut off."""

import asyncio
import contextlib
from typing import Final

from botrunner.adapters.binance_client import ExchangeKey, MakeClient, VenueClient

__all__ = ["ClientSlot"]

_LET_FINISH: Final = 10.0
"""Seconds for the requests of a client that was replaced; each gives up far earlier."""


class ClientSlot:
    """Who wants to send takes `client` for that one request."""

    def __init__(self, make: MakeClient, key: ExchangeKey) -> None:
        """Make the first client."""
        self.make = make
        self.key = key
        self.client = make(key)
        self._closing: dict[asyncio.Task[None], VenueClient] = {}

    def rename(self, key: ExchangeKey) -> None:
        """Take the name of a key that is the one in use under a new name."""
        self.key = key

    def replace(self, key: ExchangeKey, client: VenueClient) -> None:
        """Send everything that begins from now on by this client; the old one ends what it began."""
        before, self.key, self.client = self.client, key, client
        task = asyncio.create_task(_close_later(before))
        self._closing[task] = before
        task.add_done_callback(self._closing.pop)

    async def close(self) -> None:
        """Close all connections."""
        leaving = dict(self._closing)
        for task in leaving:
            task.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
        for client in leaving.values():  # a task that never ran closed nothing
            with contextlib.suppress(OSError):
                await client.close()
        await self.client.close()


async def _close_later(client: VenueClient) -> None:
    await asyncio.sleep(_LET_FINISH)
    with contextlib.suppress(OSError):
        await client.close()
