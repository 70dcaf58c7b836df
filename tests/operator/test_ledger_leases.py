"""What the operator reads of a lease that is over, and that a closed login's way to it ends."""

import uuid
from dataclasses import dataclass

import psycopg
import pytest

from botcore.ledger.books import (
    BotAsked,
    BotRecord,
    LoginBinding,
    bind_login,
    observe_bots,
    retire_login,
)
from botcore.ledger.connect import connect
from tests.support.postgres import Database

pytestmark = pytest.mark.postgres


@dataclass(frozen=True)
class Bot:
    """A bot of this database."""

    database: Database
    uid: str

    async def bind(self, password: str) -> str:
        binding = LoginBinding(
            bot_uid=self.uid,
            namespace="kbots-bots",
            name="alice",
            owner="alice",
            venue="binance",
            environment="testnet",
            account_uid="7",
        )
        address = self.database.address("kbots_operator")
        async with await connect(address, autocommit=False) as connection:
            role = await bind_login(connection, binding, password)
            await connection.commit()
        return role

    async def retire(self) -> None:
        async with await connect(self.database.address("kbots_operator")) as connection:
            await retire_login(connection, self.uid)

    async def observe(self) -> BotRecord:
        asked = BotAsked(bot_uid=self.uid, owner="alice", with_figures=False)
        async with await connect(self.database.address("kbots_operator")) as connection:
            return (await observe_bots(connection, [asked]))[self.uid]


@pytest.fixture
def bot(database: Database) -> Bot:
    return Bot(database, str(uuid.uuid4()))


async def test_lease_tells_for_how_long_it_is_over(bot: Bot, database: Database) -> None:
    role = await bot.bind("the-password")
    before = await bot.observe()
    with database.connect(role, "the-password") as runner:
        runner.execute("select kbots.acquire_lease(%s)", [uuid.uuid4()])
    held = await bot.observe()
    database.rows(
        "update kbots.leases set expires_at = clock_timestamp() - interval '70 seconds' returning 1"
    )

    over = await bot.observe()

    assert (before.lease_epoch, before.lease_over_seconds) == (None, None)
    assert (held.lease_epoch, held.lease_over_seconds) == (1, None)
    assert (over.lease_epoch, over.lease_holder) == (None, None)
    assert over.lease_over_seconds is not None
    assert 70 <= over.lease_over_seconds < 170


async def test_login_that_is_closed_and_bound_again_is_of_no_use_to_who_had_it(
    bot: Bot, database: Database
) -> None:
    """A runner on a lost node loses its way to the lease before its successor gets one (I1)."""
    role, left_behind = await bot.bind("the-password"), uuid.uuid4()
    with database.connect(role, "the-password") as old:
        old.execute("select kbots.acquire_lease(%s)", [left_behind])

        await bot.retire()
        again = await bot.bind("another-password")

        with pytest.raises(psycopg.OperationalError):
            old.execute("select kbots.renew_lease(%s, 1)", [left_behind])
    assert again == role
    with pytest.raises(psycopg.OperationalError):
        database.connect(role, "the-password")
    with database.connect(role, "another-password") as new:
        (epoch,) = new.execute("select kbots.acquire_lease(%s)", [uuid.uuid4()]).fetchone() or ()
    assert epoch is None  # the old lease is not over
