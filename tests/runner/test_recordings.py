"""The flight recorder's table: written by the bot, forgotten after 7 days, read by an admin."""

import uuid
import zlib
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from botcore.domain.errors import InvariantBroken
from botcore.ledger.books import ensure_partitions
from botcore.ledger.connect import connect, open_pool, translated
from botcore.ledger.recordings import (
    Batch,
    RecordedBot,
    find_recorded_bots,
    forget_recordings,
    insert_batch,
    last_checkpoint,
    read_batches,
    recorded_span,
)
from botoperator.adapters.postgres import PostgresLedger
from botrunner.adapters.ledger_lease import LedgerLease
from tests.support.logins import BotLogin, a_bot_login
from tests.support.postgres import Database

pytestmark = pytest.mark.postgres
RUN = uuid.UUID(int=7)
NOW = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 rows are forgotten by the server's clock


def a_batch(number: int, at: datetime = NOW, *, is_checkpoint: bool = False) -> Batch:
    records = zlib.compress(b"[]")
    return Batch(at=at, run=RUN, number=number, is_checkpoint=is_checkpoint, records=records)


@pytest.fixture
def bot(database: Database) -> BotLogin:
    return a_bot_login(database)


async def write(bot: BotLogin, *batches: Batch) -> None:
    async with await connect(bot.address) as connection:
        for batch in batches:
            await insert_batch(connection, batch)


async def test_batch_written_again_after_a_lost_answer_is_there_once(bot: BotLogin) -> None:
    lease = LedgerLease(bot.address, uuid.uuid4())
    try:
        for _ in range(2):
            await lease.write_recording(a_batch(1))
    finally:
        await lease.close()

    assert bot.database.rows("select bot_uid, run, number from kbots.recorder") == [
        (bot.bot_uid, RUN, 1)
    ]


async def test_batches_are_read_in_order_page_by_page(bot: BotLogin) -> None:
    batches = [a_batch(n, NOW + timedelta(milliseconds=n // 3)) for n in range(1, 1203)]
    await write(bot, *batches[::-1])

    async with await connect(bot.database.address("kbots_admin")) as connection:
        found = [one async for one in read_batches(connection, bot.bot_uid, NOW, batches[-1].at)]

    assert found == batches


async def test_newest_checkpoint_before_a_time_is_found_among_a_names_bots(
    database: Database, bot: BotLogin
) -> None:
    recreated = a_bot_login(database)
    a_bot_login(database, name="other")
    await write(bot, a_batch(1, is_checkpoint=True), a_batch(2, NOW + timedelta(seconds=1)))
    await write(recreated, a_batch(1, NOW + timedelta(minutes=1), is_checkpoint=True))

    async with await connect(database.address("kbots_admin")) as connection:
        bots = await find_recorded_bots(connection, "alice")
        uids = [one.bot_uid for one in bots]
        found = [
            await last_checkpoint(connection, uids, NOW + timedelta(seconds=seconds))
            for seconds in (-1, 30, 90)
        ]
        span = await recorded_span(connection, uids)
        assert await find_recorded_bots(connection, "alice", "elsewhere") == []

    assert {one.bot_uid for one in bots} == {bot.bot_uid, recreated.bot_uid}
    assert bots[0] == RecordedBot(namespace="kbots-bots", name="alice", bot_uid=uids[0])
    assert found == [
        None,
        (bot.bot_uid, NOW),
        (recreated.bot_uid, NOW + timedelta(minutes=1)),
    ]
    assert span == (NOW, NOW + timedelta(minutes=1))


async def test_rows_are_forgotten_after_seven_days_however_many(bot: BotLogin) -> None:
    old = NOW - timedelta(days=7, minutes=1)
    with bot.connect() as connection:
        connection.execute(
            "insert into kbots.recorder (at, run, number, is_checkpoint, records)"
            " select %s, %s, n, false, 'x' from generate_series(1, 5001) n",
            (old, RUN),
        )
    await write(bot, a_batch(6000, NOW - timedelta(days=6, hours=23)), a_batch(6001))

    async with await connect(bot.database.address("kbots_operator")) as connection:
        assert await forget_recordings(connection)
        assert not await forget_recordings(connection)

    assert numbers(bot) == [6000, 6001]


async def test_operators_daily_work_forgets_all_that_is_old(bot: BotLogin) -> None:
    with bot.connect() as connection:
        connection.execute(
            "insert into kbots.recorder (at, run, number, is_checkpoint, records)"
            " select %s, %s, n, false, 'x' from generate_series(1, 10001) n",
            (NOW - timedelta(days=8), RUN),
        )
    await write(bot, a_batch(20_000))
    address = bot.database.address("kbots_operator")

    async with open_pool(address) as pool:
        await PostgresLedger(pool, address, max_bots=10).keep_partitions()

    assert numbers(bot) == [20_000]


def numbers(bot: BotLogin) -> list[int]:
    rows = bot.database.rows("select number from kbots.recorder order by number")
    return [number for (number,) in rows]


async def test_whole_month_goes_with_its_partition(bot: BotLogin) -> None:
    month = (NOW - timedelta(days=70)).replace(day=1, hour=0, minute=0, second=0)
    name = f"recorder_{month:%Y%m}"
    with bot.database.connect() as connection:
        connection.execute("set role kbots_owner")
        connection.execute(
            f"create table kbots.{name} partition of kbots.recorder"
            f" for values from ('{month:%F}') to ('{month + timedelta(days=28):%F}')"
        )
    await write(bot, a_batch(1, month + timedelta(days=1)), a_batch(2))

    async with await connect(bot.database.address("kbots_operator")) as connection:
        assert not await forget_recordings(connection)
        await ensure_partitions(connection)

    tables = {row[0] for row in bot.database.rows(
        "select relname from pg_class where relname like 'recorder\\_%' and relkind = 'r'"
    )}  # fmt: skip
    assert name not in tables
    assert f"recorder_{NOW:%Y%m}" in tables
    assert bot.database.rows("select number from kbots.recorder") == [(2,)]


async def test_rows_lie_in_the_partition_of_their_month(bot: BotLogin) -> None:
    await write(bot, a_batch(1))

    assert bot.database.rows("select tableoid::regclass::text from kbots.recorder") == [
        (f"kbots.recorder_{NOW:%Y%m}",)
    ]


async def test_oversized_batch_is_refused(bot: BotLogin) -> None:
    large = Batch(at=NOW, run=RUN, number=1, is_checkpoint=False, records=bytes(1_048_577))

    with pytest.raises(InvariantBroken), translated():
        await write(bot, large)


async def test_only_the_operator_forgets_and_nobody_rewrites(bot: BotLogin) -> None:
    await write(bot, a_batch(1))
    forget, change = "select kbots.forget_recordings(1)", "update kbots.recorder set number = 2"

    for connection in (bot.connect(), bot.database.connect("kbots_admin")):
        with connection:
            for statement in (forget, change, "delete from kbots.recorder"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement)


def test_admin_reads_names_and_recordings_but_no_login(bot: BotLogin) -> None:
    with bot.database.connect("kbots_admin") as connection:
        connection.execute("select name from kbots.bot_logins")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select db_role from kbots.bot_logins")
