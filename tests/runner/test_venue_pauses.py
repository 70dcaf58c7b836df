"""A 429 or 418 that one bot sees silences all bots of the venue, and no other (TR-53, design §7)."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from botcore.domain.errors import NotAllowed
from botcore.runtime.clock import SystemClock
from botrunner.adapters.ledger_lease import LedgerLease
from botrunner.adapters.rate_limits import Priority, RateLimits
from botrunner.adapters.venue_pauses import VenuePauses
from botrunner.engine.keeper import Keeper
from botrunner.lease_ports import Heartbeat
from tests.runner.ledger_samples import AT
from tests.runner.venues import running, wait_until
from tests.support.logins import a_bot_login
from tests.support.postgres import Database

pytestmark = pytest.mark.postgres


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """The parts of a runner that keep its lease and its limits."""

    limits: RateLimits
    lease: LedgerLease
    keeper: Keeper

    @property
    def is_silent(self) -> bool:
        return self.limits.refusal(Priority.EXIT) == "RateLimited"


@asynccontextmanager
async def a_bot(database: Database, name: str, environment: str = "testnet") -> AsyncIterator[Bot]:
    login = a_bot_login(database, owner=name, name=name, environment=environment)
    clock = SystemClock()
    limits, lease = RateLimits(clock), LedgerLease(login.address, uuid.uuid4())
    keeper = Keeper(
        lease=lease,
        clock=clock,
        deliver=lambda _event: None,
        heartbeat=lambda epoch: Heartbeat(
            state="Running", reason="", generation=1, epoch=epoch, pid=1, venue_time=AT
        ),
    )
    pauses = VenuePauses(limits, clock, lease.pause_venue)
    lease.on_pause = limits.hush
    lease.wake(keeper.look_now)
    try:
        async with running(keeper.run(), pauses.run()):
            await wait_until(lambda: keeper.epoch > 0)
            yield Bot(limits=limits, lease=lease, keeper=keeper)
    finally:
        await lease.close()


async def test_silence_asked_of_one_bot_is_kept_by_all_of_its_venue_alone(
    database: Database,
) -> None:
    async with (
        a_bot(database, "alice") as alice,
        a_bot(database, "bob") as bob,
        a_bot(database, "carol", "paper") as carol,
    ):
        alice.limits.block(3.0, only_orders=False)
        await wait_until(lambda: bob.is_silent)
        assert not carol.is_silent
        await wait_until(lambda: not bob.is_silent, 10)
        await wait_until(lambda: not alice.is_silent)


async def test_too_many_orders_of_one_account_silence_nobody_else(database: Database) -> None:
    async with a_bot(database, "alice") as alice, a_bot(database, "bob") as bob:
        alice.limits.block(60, only_orders=True)
        await asyncio.sleep(1.5)

        assert bob.limits.refusal(Priority.EXIT, is_order=True) is None


async def test_hint_makes_the_others_look_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it they would look only now and then."""
    monkeypatch.setattr("botrunner.engine.keeper._LOOK_EVERY", 30.0)
    async with a_bot(database, "alice") as alice, a_bot(database, "bob") as bob:
        # Said again and again, since a hint from before bob listens is lost.
        for _ in range(40):
            await alice.lease.pause_venue(60)
            await asyncio.sleep(0.25)
            if bob.is_silent:
                break
        assert bob.is_silent


async def test_bot_that_starts_during_a_pause_keeps_it_and_an_admin_may_end_it(
    database: Database,
) -> None:
    async with a_bot(database, "alice") as alice:
        await alice.lease.pause_venue(60)
        async with a_bot(database, "bob") as bob:
            assert bob.is_silent
            with database.connect("kbots_admin") as connection:
                connection.execute("delete from kbots.venue_pauses")
            await wait_until(lambda: not bob.is_silent)


async def test_shorter_pause_does_not_shorten_one_and_none_is_longer_than_a_ban(
    database: Database,
) -> None:
    async with a_bot(database, "alice") as alice:
        await alice.lease.pause_venue(10**9)
        await alice.lease.pause_venue(1)
        ((left,),) = database.rows(
            "select extract(epoch from until - clock_timestamp()) from kbots.venue_pauses"
        )

    assert 259_100 < left <= 259_200


async def test_retired_login_pauses_nothing(database: Database) -> None:
    login = a_bot_login(database)
    with database.connect() as connection:
        connection.execute("update kbots.bot_logins set retired_at = now()")
    lease = LedgerLease(login.address, uuid.uuid4())

    with pytest.raises(NotAllowed):
        await lease.pause_venue(60)

    await lease.close()
    assert database.rows("select 1 from kbots.venue_pauses") == []
