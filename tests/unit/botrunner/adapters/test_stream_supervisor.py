"""A stream's connection and its successor (TR-57)."""

import asyncio
from dataclasses import dataclass, field

from botrunner.adapters.stream_supervisor import carry_on


@dataclass(slots=True)
class _Link:
    due: asyncio.Event = field(default_factory=asyncio.Event)
    is_open: bool = False
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    was_told: asyncio.Event = field(default_factory=asyncio.Event)

    async def open(self) -> None:
        self.is_open = True

    async def carry(self) -> None:
        """Carry on until told to end, and a while longer."""
        try:
            await asyncio.Event().wait()
        finally:
            self.was_told.set()
            await self.may_end.wait()

    async def close(self) -> None:
        self.is_open = False


async def test_end_in_the_middle_of_a_hand_over_leaves_no_connection_open() -> None:
    links = [_Link(), _Link()]
    work = asyncio.create_task(carry_on("user", iter(links).__next__))
    links[0].due.set()
    await links[0].was_told.wait()
    assert [one.is_open for one in links] == [True, True]

    work.cancel()
    await asyncio.gather(work, return_exceptions=True)

    assert [one.is_open for one in links] == [False, False]
