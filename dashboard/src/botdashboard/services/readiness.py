"""Whether people can use the dashboard: its database answers, and nothing else counts."""

import asyncio

from botcore.domain.errors import PlatformError
from botdashboard.ports import Ledger

__all__ = ["Readiness"]

DEADLINE = 2.0  # seconds


class Readiness:
    """Asks the database.

    Without the API server trades can still be seen and halts be set, so that one is not asked.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._asking: asyncio.Task[bool] | None = None

    async def is_ready(self) -> bool:
        """Tell whether the database answers in time."""
        # Ending a question to a silent server takes seconds itself: it is left alone, and asked once.
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        answered, _ = await asyncio.wait({self._asking}, timeout=DEADLINE)
        return any(one.result() for one in answered)

    async def _ask(self) -> bool:
        try:
            async with self._ledger.as_nobody():
                return True
        except PlatformError:
            return False
