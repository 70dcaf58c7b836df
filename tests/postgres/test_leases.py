import threading
import uuid

import psycopg
import pytest

from tests.support.ledger_rows import acquire, insert_order
from tests.support.logins import BotLogin, a_bot_login
from tests.support.postgres import Database


def expire(database: Database, bot: BotLogin) -> None:
    with database.connect() as connection:
        connection.execute(
            "update kbots.leases set expires_at = clock_timestamp() - interval '1 ms' where account_id = %s",
            (bot.account_id,),
        )


def renew(bot: BotLogin, holder: uuid.UUID, epoch: int) -> bool:
    with bot.connect() as connection:
        row = connection.execute(
            "select renewed from kbots.renew_lease(%s, %s)", (holder, epoch)
        ).fetchone()
    assert row is not None
    return bool(row[0])


def test_free_lease_is_acquired_at_epoch_one(database: Database) -> None:
    with a_bot_login(database).connect() as connection:
        assert acquire(connection, uuid.uuid4()) == 1


def test_held_lease_is_refused_to_another_holder(database: Database) -> None:
    with a_bot_login(database).connect() as connection:
        acquire(connection, uuid.uuid4())

        assert acquire(connection, uuid.uuid4()) is None


def test_restarted_process_of_the_same_pod_takes_over_with_a_new_epoch(database: Database) -> None:
    bot, pod = a_bot_login(database), uuid.uuid4()
    with bot.connect() as connection:
        first = acquire(connection, pod)
        second = acquire(connection, pod)

    assert (first, second) == (1, 2)
    assert not renew(bot, pod, 1)
    assert renew(bot, pod, 2)


def test_expired_lease_goes_to_another_holder_and_the_first_can_not_renew(
    database: Database,
) -> None:
    bot, first, second = a_bot_login(database), uuid.uuid4(), uuid.uuid4()
    with bot.connect() as connection:
        acquire(connection, first)
        expire(database, bot)

        assert not renew(bot, first, 1)
        assert acquire(connection, second) == 2

    assert not renew(bot, first, 1)


def test_lease_is_of_the_account_whoever_the_bot_is(database: Database) -> None:
    mine = a_bot_login(database, owner="alice", name="a", account_uid="7001")
    other = a_bot_login(database, owner="bob", name="b", account_uid="7001")
    with mine.connect() as first, other.connect() as second:
        assert acquire(first, uuid.uuid4()) == 1
        assert acquire(second, uuid.uuid4()) is None


def test_released_lease_is_free_at_once(database: Database) -> None:
    bot, pod = a_bot_login(database), uuid.uuid4()
    with bot.connect() as connection:
        acquire(connection, pod)
        connection.execute("select kbots.release_lease(%s, 1)", (pod,))

        assert acquire(connection, uuid.uuid4()) == 2


def test_order_under_the_lease_is_journalled_once(database: Database) -> None:
    with a_bot_login(database).connect() as connection:
        epoch = acquire(connection, uuid.uuid4())
        assert epoch is not None
        insert_order(connection, "c-1", epoch=epoch)

        with pytest.raises(psycopg.errors.UniqueViolation):
            insert_order(connection, "c-1", epoch=epoch)


@pytest.mark.parametrize("how", ["never held", "older epoch", "expired", "released"])
def test_order_without_the_lease_is_refused(database: Database, how: str) -> None:
    bot, pod = a_bot_login(database), uuid.uuid4()
    with bot.connect() as connection:
        if how != "never held":
            acquire(connection, pod)
        if how == "older epoch":
            acquire(connection, pod)
        if how == "expired":
            expire(database, bot)
        if how == "released":
            connection.execute("select kbots.release_lease(%s, 1)", (pod,))

        with pytest.raises(psycopg.Error) as refused:
            insert_order(connection, "c-1", epoch=1)

    assert refused.value.sqlstate == "KB001"
    assert database.rows("select count(*) from kbots.orders") == [(0,)]


def test_two_processes_racing_for_one_lease_never_both_hold_it(database: Database) -> None:
    bot = a_bot_login(database)
    for _ in range(20):
        expire(database, bot)
        start, won = threading.Barrier(4), []

        def race(start: threading.Barrier = start, won: list[int] = won) -> None:
            with bot.connect() as connection:
                start.wait(10)
                if (epoch := acquire(connection, uuid.uuid4())) is not None:
                    won.append(epoch)

        racers = [threading.Thread(target=race) for _ in range(4)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join(10)

        assert len(won) == 1  # TR-11, TR-50


def test_order_insert_racing_a_takeover_is_refused_or_comes_first(database: Database) -> None:
    bot, pod = a_bot_login(database), uuid.uuid4()
    with bot.connect() as loser, bot.connect() as winner:
        acquire(loser, pod)
        with loser.transaction():
            insert_order(loser, "c-1", epoch=1)
            # The journal's transaction holds the lease row: a takeover waits for its end.
            winner.execute("set lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                acquire(winner, pod)
        assert acquire(winner, pod) == 2
        with pytest.raises(psycopg.Error) as refused:
            insert_order(loser, "c-2", epoch=1)

    assert refused.value.sqlstate == "KB001"


def test_halt_is_told_with_the_renewal_by_bot_owner_and_all(database: Database) -> None:
    bot, pod = a_bot_login(database, owner="alice"), uuid.uuid4()
    with bot.connect() as connection:
        acquire(connection, pod)
        for scope, subject in (("bot", str(bot.bot_uid)), ("owner", "alice"), ("all", "*")):
            halt_id = database.rows(
                "insert into kbots.halts (scope, subject, reason, set_by) values (%s, %s, 'why', 'admin') returning id",
                (scope, subject),
            )[0][0]
            told = connection.execute(
                "select renewed, halt_scope, halt_reason from kbots.renew_lease(%s, 1)", (pod,)
            ).fetchone()
            assert told == (True, scope, "why")
            database.rows(
                "update kbots.halts set cleared_at = now(), cleared_by = 'admin' where id = %s returning id",
                (halt_id,),
            )
        assert connection.execute("select count(*) from kbots.my_halt()").fetchone() == (0,)


def test_someone_elses_halt_does_not_reach_the_bot(database: Database) -> None:
    bot = a_bot_login(database, owner="alice")
    database.rows(
        "insert into kbots.halts (scope, subject, reason, set_by) values ('owner', 'bob', 'why', 'admin'),"
        " ('bot', gen_random_uuid()::text, 'why', 'admin') returning id"
    )
    with bot.connect() as connection:
        assert connection.execute("select count(*) from kbots.my_halt()").fetchone() == (0,)
