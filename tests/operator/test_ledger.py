"""The operator's SQL against a real Postgres: logins, races, figures."""

import asyncio
import uuid
from dataclasses import replace
from decimal import Decimal

import psycopg
import pytest

from botcore.domain.errors import Conflict, QuotaExceeded
from botcore.ledger.books import (
    BotAsked,
    BotRecord,
    LoginBinding,
    bind_login,
    ensure_partitions,
    observe_bots,
    retire_login,
)
from botcore.ledger.connect import connect, translated
from botcore.ledger.halts import (
    HaltSubject,
    clear_halt,
    find_halt_subject,
    list_active_halts,
    set_halt,
)
from tests.support.live_grants import a_grant, a_live_key
from tests.support.logins import a_bot_login, a_user
from tests.support.postgres import Database

pytestmark = pytest.mark.postgres


def a_binding(name: str = "alice", account_uid: str = "7") -> LoginBinding:
    return LoginBinding(
        bot_uid=str(uuid.uuid4()),
        namespace="kbots-bots",
        name=name,
        owner="alice",
        venue="binance",
        environment="testnet",
        account_uid=account_uid,
    )


async def bound(
    database: Database, binding: LoginBinding, password: str, most: int | None = None
) -> str:
    with translated():
        async with await connect(
            database.address("kbots_operator"), autocommit=False
        ) as connection:
            role = await bind_login(connection, binding, password, most=most)
            await connection.commit()
    return role


async def observed(database: Database, bot_uid: str, *, with_figures: bool = True) -> BotRecord:
    async with await connect(database.address("kbots_operator")) as connection:
        asked = BotAsked(bot_uid=bot_uid, owner="alice", with_figures=with_figures)
        return (await observe_bots(connection, [asked]))[bot_uid]


async def test_bound_login_gets_in_with_its_password_and_sees_its_book(database: Database) -> None:
    role = await bound(database, a_binding(), "the-password")

    with database.connect(role, "the-password") as connection:
        (book,) = connection.execute("select kbots.my_book()").fetchone() or ()
        (setting,) = (
            connection.execute(
                "select setconfig from pg_db_role_setting join pg_roles r on r.oid = setrole"
                " where rolname = current_user"
            ).fetchone()
            or ()
        )
    assert book is not None
    assert "statement_timeout=5s" in setting


async def test_second_bot_on_an_account_is_refused_until_the_first_has_left(
    database: Database,
) -> None:
    first, second = a_binding(), a_binding("bob")
    await bound(database, first, "pw")

    with pytest.raises(Conflict, match="kbots-bots/alice"):
        await bound(database, second, "pw")

    async with await connect(database.address("kbots_operator")) as connection:
        assert await retire_login(connection, first.bot_uid)
    assert (await bound(database, second, "pw")).startswith("bot_")


async def test_of_two_bots_that_race_for_an_account_one_gets_it(database: Database) -> None:
    bindings = [a_binding(f"bot-{number}") for number in range(6)]

    outcomes = await asyncio.gather(
        *(bound(database, one, "pw") for one in bindings), return_exceptions=True
    )

    assert sorted(type(one).__name__ for one in outcomes) == ["Conflict"] * 5 + ["str"]


async def test_bot_that_moves_to_another_account_keeps_its_role(database: Database) -> None:
    here = a_binding()
    role = await bound(database, here, "one")

    again = await bound(database, replace(here, account_uid="8"), "two")

    assert again == role
    record = await observed(database, here.bot_uid)
    assert (record.account_uid, record.is_active) == ("8", True)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        database.connect(role, "one")


async def test_retired_login_loses_its_sessions_and_can_not_come_back(database: Database) -> None:
    binding = a_binding()
    role = await bound(database, binding, "pw")
    session = database.connect(role, "pw")

    async with await connect(database.address("kbots_operator")) as connection:
        assert await retire_login(connection, binding.bot_uid)
        assert not await retire_login(connection, binding.bot_uid)

    with pytest.raises(psycopg.OperationalError):
        session.execute("select 1")
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        database.connect(role, "pw")
    rights = database.rows(
        "select count(*) from pg_auth_members m join pg_roles r on r.oid = m.roleid"
        " where r.rolname = %s and m.inherit_option and m.member = 'kbots_operator'::regrole",
        (role,),
    )
    assert rights == [(0,)]
    record = await observed(database, binding.bot_uid)
    assert (record.is_active, record.account_uid) == (False, "7")


async def test_nothing_known_of_a_bot_is_an_empty_record(database: Database) -> None:
    record = await observed(database, str(uuid.uuid4()))

    assert not record.owner_is_known
    assert record.role is record.lease_epoch is record.state is record.equity is None
    assert (record.halt_scopes, record.open_positions, record.open_orders) == ([], 0, 0)


async def test_figures_come_from_the_book_and_the_day_ends_at_midnight_of_the_venue(
    database: Database,
) -> None:
    a_user(database, "alice")
    login = a_bot_login(database)
    with login.connect() as bot:
        for number, (venue_time, realized, unrealized) in enumerate(
            [
                ("2026-05-03T22:00Z", 5, 0),
                ("2026-05-03T23:59Z", 7, 1),
                ("2026-05-04T00:00Z", 9, 1),
                ("2026-05-04T12:00Z", 20, 3),
            ]
        ):
            bot.execute(
                "insert into kbots.equity (at, venue_time, equity, realized, unrealized, exposure)"
                " values (now() + make_interval(secs => %s), %s, %s, %s, %s, 0)",
                [number, venue_time, 1000 + realized + unrealized, realized, unrealized],
            )
        for symbol, quantity, is_dust in (
            ("BTCUSDT", 3, False),
            ("ETHUSDT", 1, True),
            ("X", 0, False),
        ):
            bot.execute(
                "insert into kbots.positions (strategy, symbol, quantity, is_dust)"
                " values ('dca', %s, %s, %s)",
                [symbol, quantity, is_dust],
            )
        bot.execute("select kbots.acquire_lease(%s)", [uuid.uuid4()])

    record = await observed(database, str(login.bot_uid))

    assert (record.equity, record.total_pnl, record.today_pnl) == (1023, Decimal(23), Decimal(15))
    assert record.open_positions == 1  # dust is none (TR-21)
    assert record.lease_epoch == 1
    assert record.lease_over_seconds is None
    assert record.owner_is_known
    cheap = await observed(database, str(login.bot_uid), with_figures=False)
    assert (cheap.equity, cheap.open_positions) == (None, 1)


async def test_halts_of_bot_owner_and_all_are_seen_until_cleared(database: Database) -> None:
    uid = str(uuid.uuid4())
    subjects = (
        HaltSubject.of_bot(uid, "alice"),
        HaltSubject.of_owner("alice"),
        HaltSubject.of_all(),
    )
    async with await connect(database.address("kbots_operator")) as connection:
        for subject in subjects:
            assert await set_halt(connection, subject, reason=subject.scope, set_by="test")
            assert not await set_halt(connection, subject, reason="again", set_by="test")
        await set_halt(connection, HaltSubject.of_owner("bob"), reason="no", set_by="test")

    record = await observed(database, uid)

    assert record.halt_scopes == record.halt_reasons == ["bot", "owner", "all"]
    async with await connect(database.address("kbots_admin")) as connection:
        assert await clear_halt(connection, subjects[0], cleared_by="test")
        assert not await clear_halt(connection, subjects[0], cleared_by="test")
        assert len(await list_active_halts(connection)) == 3


async def test_partitions_are_made_once_and_again(database: Database) -> None:
    async with await connect(database.address("kbots_operator")) as connection:
        await ensure_partitions(connection)
        await ensure_partitions(connection)


async def test_problems_the_bot_tells_are_read_with_its_heartbeat(database: Database) -> None:
    login = a_bot_login(database)
    with login.connect() as bot:
        bot.execute(
            "insert into kbots.heartbeats (state, generation, epoch, pid, problems)"
            """ values ('Running', 1, 1, 1, '[["BooksDisagree", "BTC is gone"]]')"""
        )

    assert (await observed(database, str(login.bot_uid))).problems == [
        ["BooksDisagree", "BTC is gone"]
    ]


async def test_last_place_for_a_bot_goes_to_one_of_two_and_is_given_back(
    database: Database,
) -> None:
    alice, bob = a_binding("alice", "7"), a_binding("bob", "8")
    await bound(database, a_binding("carol", "9"), "p", most=2)

    ends = await asyncio.gather(
        bound(database, alice, "p", most=2),
        bound(database, bob, "p", most=2),
        return_exceptions=True,
    )

    won = [one for one in ends if isinstance(one, str)]
    lost = [one for one in ends if isinstance(one, QuotaExceeded)]
    assert (len(won), len(lost)) == (1, 1)
    assert "room for 2 bots" in str(lost[0])
    winner, loser = (alice, bob) if isinstance(ends[0], str) else (bob, alice)
    await bound(database, winner, "again", most=2)
    async with await connect(database.address("kbots_operator")) as connection:
        await retire_login(connection, winner.bot_uid)
    await bound(database, loser, "p", most=2)


async def test_bots_are_read_together_as_each_alone(database: Database) -> None:
    alice, bob = a_binding("alice", "7"), a_binding("bob", "8")
    for one in (alice, bob):
        await bound(database, one, "p")
    nobody = str(uuid.uuid4())
    asked = [
        BotAsked(bot_uid=uid, owner="alice", with_figures=True)
        for uid in (alice.bot_uid, bob.bot_uid, nobody)
    ]

    async with await connect(database.address("kbots_operator")) as connection:
        found = await observe_bots(connection, asked)

    assert set(found) == {alice.bot_uid, bob.bot_uid, nobody}
    assert (found[alice.bot_uid].account_uid, found[bob.bot_uid].account_uid) == ("7", "8")
    assert found[nobody].role is None
    assert found[bob.bot_uid] == await observed(database, bob.bot_uid)


async def test_latch_is_found_by_the_id_that_its_notice_names(database: Database) -> None:
    subject = HaltSubject.of_owner("alice")
    async with await connect(database.address("kbots_operator")) as connection:
        await set_halt(connection, subject, reason="enough", set_by="operator")
        ((halt_id,),) = database.rows("select id from kbots.halts")

        assert await find_halt_subject(connection, str(halt_id)) == subject
        assert await find_halt_subject(connection, str(halt_id + 1)) is None
        assert await find_halt_subject(connection, "what any login may send") is None


async def test_bot_of_a_live_grant_is_found_by_the_id_that_its_notice_names(
    database: Database,
) -> None:
    user, bot = a_user(database, "alice"), uuid.uuid4()
    grant = a_grant(database, user, bot, a_live_key(database))

    async with await connect(database.address("kbots_operator")) as connection:
        found = await find_halt_subject(connection, str(grant))

    assert found == HaltSubject.of_bot(str(bot), "alice")
