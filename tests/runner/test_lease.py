"""The lease and the signs of life against real Postgres."""

import asyncio
import uuid
from dataclasses import replace

import pytest

from botcore.domain.errors import Transient
from botrunner.adapters.ledger_lease import LedgerLease
from botrunner.lease_ports import Heartbeat
from tests.runner.ledger_samples import AT
from tests.support.logins import BotLogin, a_bot_login
from tests.support.postgres import Database

pytestmark = pytest.mark.postgres

BEAT = Heartbeat(state="Running", reason="", generation=1, epoch=1, pid=1, venue_time=AT)


async def test_lease_held_by_another_pod_is_refused_until_released(
    login: BotLogin, lease: LedgerLease
) -> None:
    other = LedgerLease(login.address, uuid.uuid4())
    assert await lease.acquire() == 1
    assert await other.acquire() is None

    await lease.release(1)

    assert await other.acquire() == 2
    assert not (await lease.renew(1)).renewed
    await other.close()


async def test_next_process_of_the_pod_takes_over_at_once(login: BotLogin) -> None:
    pod = uuid.uuid4()
    first, second = LedgerLease(login.address, pod), LedgerLease(login.address, pod)
    await first.acquire()

    assert await second.acquire() == 2
    assert not (await first.renew(1)).renewed
    assert (await second.renew(2)).renewed
    await first.close()
    await second.close()


async def test_halt_latch_comes_with_every_renewal(
    lease: LedgerLease, login: BotLogin, database: Database
) -> None:
    await lease.acquire()
    assert (await lease.renew(1)).halt is None

    with database.connect() as connection:
        connection.execute(
            "insert into kbots.halts (scope, subject, reason, set_by) values ('bot', %s, 'too fast', 'ann')",
            (str(login.bot_uid),),
        )

    assert (await lease.renew(1)).halt == "too fast"
    assert await lease.halt() == "too fast"


async def test_heartbeat_notifies_only_what_changed(lease: LedgerLease, database: Database) -> None:
    with database.connect() as watcher:
        watcher.execute("listen kbots_bots")
        await lease.beat(BEAT)
        await lease.beat(BEAT)
        await lease.beat(replace(BEAT, state="Paused"))
        await lease.beat(replace(BEAT, state="Paused", key_version="a@2"))

        assert len(list(watcher.notifies(timeout=0.5))) == 3
    rows = database.rows("select state, pid, key_version from kbots.heartbeats")
    assert rows == [("Paused", 1, "a@2")]


async def test_pod_that_waits_for_the_lease_does_not_speak_for_the_one_that_holds_it(
    lease: LedgerLease, login: BotLogin, database: Database
) -> None:
    """Both are pods of one bot, as when a node is lost: what one does is not what the other says (I5, TR-50)."""
    waiting = LedgerLease(login.address, uuid.uuid4())
    fenced = replace(BEAT, state="Fenced", epoch=0)

    async def told(by: LedgerLease, beat: Heartbeat) -> str:
        await by.beat(beat)
        return str(database.rows("select state from kbots.heartbeats")[0][0])

    assert await told(waiting, fenced) == "Fenced"
    epoch = await lease.acquire()
    assert epoch == 1
    assert await told(lease, BEAT) == "Running"
    assert await told(waiting, fenced) == "Running"
    assert await told(lease, fenced) == "Fenced"  # the holder itself
    assert await told(lease, BEAT) == "Running"
    with database.connect() as connection:
        connection.execute("update kbots.heartbeats set at = now() - interval '11 seconds'")
    assert await told(waiting, fenced) == "Fenced"  # nobody else says anything
    assert await told(lease, BEAT) == "Running"
    await lease.release(1)
    assert await told(waiting, fenced) == "Fenced"
    await waiting.close()


async def test_heartbeat_of_a_recreated_bot_is_its_own_row(database: Database) -> None:
    logins = [a_bot_login(database, name=name, account_uid="1") for name in ("old", "new")]
    for login in logins:
        lease = LedgerLease(login.address, uuid.uuid4())
        await lease.beat(BEAT)
        await lease.close()

    rows = database.rows("select bot_uid from kbots.heartbeats")
    assert {row[0] for row in rows} == {login.bot_uid for login in logins}


async def test_logs_are_stored_whatever_they_hold(lease: LedgerLease, database: Database) -> None:
    odd = {"text": "a\x00b\ud800", "number": 3, "flag": True, "none": None, "path": "\\u0000"}

    await lease.write_logs([(AT, "info", "odd", odd), (AT, "error", "plain", {})])
    await lease.write_logs([])

    rows = database.rows("select at, level, event, fields from kbots.bot_logs order by event")
    expected = {"text": "ab?", "number": 3, "flag": True, "path": "\\u0000"}
    assert rows == [(AT, "info", "odd", expected), (AT, "error", "plain", {})]


async def test_canceled_call_leaves_a_working_lease(lease: LedgerLease, database: Database) -> None:
    await lease.acquire()
    with database.connect() as blocker, blocker.transaction():
        blocker.execute("select 1 from kbots.leases for update")

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lease.renew(1), 0.2)

    assert (await lease.renew(1)).renewed


async def test_unreachable_ledger_is_transient(login: BotLogin) -> None:
    lease = LedgerLease(replace(login.address, port=1), uuid.uuid4())

    with pytest.raises(Transient):
        await lease.acquire()
