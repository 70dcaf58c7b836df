"""Group commit: one write at a time, nobody is answered before their own, a failure ends everything."""

import asyncio

import pytest

from botcore.domain.errors import InvariantBroken
from botcore.matching.reports import BalanceReport, Changes
from botexchange.journal import Journal
from tests.unit.botexchange.builders import UID
from tests.unit.botexchange.stores import MOMENT, begun


class _Gate:
    """A store before whose commits one can wait, and that counts them."""

    def __init__(self, store):
        self._store = store
        self.is_open = asyncio.Event()
        self.committed = []

    async def commit(self, changes, moment):
        await self.is_open.wait()
        await self._store.commit(changes, moment)
        self.committed.append(changes)


@pytest.fixture
async def gate(store):
    """Give a store that holds one account, with a gate before it."""
    await begun(store)
    return _Gate(store)


def a_step(free, locked=0):
    """Make what one step changes: a balance, and the report of it."""
    report = BalanceReport(account=UID, time_ms=1, balances=(("USDT", free, locked),))
    return Changes(sequence=1, balances={(UID, "USDT"): (free, locked)}, reports=[report])


async def waiting(journal, count=1):
    """Start tasks that wait for what was taken so far, and let them begin."""
    tasks = [asyncio.create_task(journal.durable()) for _ in range(count)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_steps_that_come_during_a_write_share_the_next_one(gate):
    journal = Journal(gate, lambda: MOMENT, lambda _report: None)
    journal.append(a_step(1))
    tasks = await waiting(journal)
    for free in range(2, 7):
        journal.append(a_step(free))
        tasks += await waiting(journal)
    gate.is_open.set()
    await asyncio.gather(*tasks)
    assert [one.balances[UID, "USDT"] for one in gate.committed] == [(1, 0), (6, 0)]


async def test_reports_are_told_after_the_write_and_before_its_waiters_go_on(gate):
    told = []
    journal = Journal(gate, lambda: MOMENT, lambda report: told.append(report.balances[0][1]))
    journal.append(a_step(7))
    tasks = await waiting(journal)
    assert told == []
    gate.is_open.set()
    await tasks[0]
    assert told == [7]


async def test_waiter_that_gives_up_takes_nobody_with_it(gate):
    journal = Journal(gate, lambda: MOMENT, lambda _report: None)
    journal.append(a_step(1))
    first, second = await waiting(journal, 2)
    first.cancel()
    journal.append(a_step(2))
    [third] = await waiting(journal)
    gate.is_open.set()
    await asyncio.gather(second, third)
    assert first.cancelled()
    assert len(gate.committed) == 2


async def test_nothing_is_written_unless_something_was_taken_and_is_waited_for(gate):
    journal = Journal(gate, lambda: MOMENT, lambda _report: None)
    gate.is_open.set()
    await journal.durable()
    journal.append(a_step(1))
    await asyncio.sleep(0)
    assert gate.committed == []
    await journal.durable()
    await journal.durable()
    assert len(gate.committed) == 1


async def test_failed_write_fails_everybody_and_nothing_follows_it(gate):
    told = []
    journal = Journal(gate, lambda: MOMENT, told.append)
    journal.append(a_step(-1))  # no store takes a negative balance
    tasks = await waiting(journal, 2)
    journal.append(a_step(1))
    tasks += await waiting(journal)
    gate.is_open.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(one) for one in found] == [InvariantBroken] * 3
    journal.append(a_step(2))
    with pytest.raises(InvariantBroken, match="would have"):
        await journal.durable()
    assert gate.committed == told == []
