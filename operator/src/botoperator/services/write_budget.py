"""How many writes a second the API server is asked for, however much there is to do."""

import asyncio
from collections.abc import Callable

__all__ = ["WriteBudget"]


class WriteBudget:
    """A token bucket that holds one second's worth; who finds it empty waits its turn."""

    def __init__(
        self, per_second: float, on_wait: Callable[[float], None] = lambda _seconds: None
    ) -> None:
        """Allow so many writes a second, 0 for as many as there are; `on_wait` is told every wait in seconds."""
        self._gap = 1 / per_second if per_second else 0.0
        self._on_wait = on_wait
        self._next_at = 0.0

    async def take(self) -> None:
        """Wait until the next write may be sent."""
        if not self._gap:
            return
        now = asyncio.get_running_loop().time()
        # The turn is taken before the wait, so that nobody who comes later is served first.
        self._next_at = max(self._next_at, now - 1) + self._gap
        wait = self._next_at - now
        if wait > 0:
            self._on_wait(wait)
            await asyncio.sleep(wait)
