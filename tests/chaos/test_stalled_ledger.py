"""A Postgres that takes what is sent and never answers, such as one whose disk hangs: nobody waits for ever (I10)."""

import os
import signal
import uuid

import pytest

from botcore.domain.errors import Transient
from botrunner.adapters.ledger_lease import LedgerLease
from tests.support.logins import BotLogin, a_bot_login
from tests.support.postgres import Database


@pytest.mark.timeout(120)
async def test_statement_that_is_never_answered_fails_and_the_next_one_connects_anew(
    database: Database,
) -> None:
    login = a_bot_login(database)
    lease = LedgerLease(login.address, uuid.uuid4())
    assert await lease.acquire() == 1
    stalled = backends(login)

    for pid in stalled:
        os.kill(pid, signal.SIGSTOP)
    try:
        # The engine waits for it and can't cancel its own entries meanwhile.
        with pytest.raises(Transient, match="gives no answer"):
            await lease.halt()

        assert await lease.acquire() == 2
    finally:
        for pid in stalled:
            os.kill(pid, signal.SIGCONT)
        await lease.close()


def backends(login: BotLogin) -> list[int]:
    """Return the server's processes for a login: children of the server that this test started."""
    rows = login.database.rows(
        "select pid from pg_stat_activity where usename = %s", (login.address.user,)
    )
    assert rows
    return [pid for (pid,) in rows]
