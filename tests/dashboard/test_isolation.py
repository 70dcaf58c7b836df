"""Two people on one dashboard: neither page, handler nor SQL shows one what is the other's."""

import pytest

from botcore.domain.errors import NotAllowed
from botcore.ledger import keys, reports, users
from botcore.ledger.connect import open_pool
from botcore.ledger.gateway import list_bots
from botcore.ledger.halts import list_active_halts
from botdashboard.access.policy import Actor
from botdashboard.adapters.gate import LedgerGate

pytestmark = pytest.mark.postgres


def an_actor(dashboard, client, name):
    rows = dashboard.database.rows("select id, role from kbots.users where name = %s", (name,))
    return Actor(
        user_id=rows[0][0],
        name=name,
        role=rows[0][1],
        session=dashboard.session_of(client),
        csrf_token="",
    )


def test_each_sees_his_own_bots_and_trades_only(alice, bob, alices_bot, bobs_bot):
    for client, own, others in ((alice, alices_bot, bobs_bot), (bob, bobs_bot, alices_bot)):
        for path in ("/", "/trades"):
            text = client.get(path).text
            assert own.name in text
            assert others.name not in text
            assert str(others.login.bot_uid) not in text


# SEC-39
def test_admin_sees_accounts_and_nothing_they_own(admin, alices_bot, bobs_bot):
    for path in ("/", "/trades", "/keys", "/admin"):
        text = admin.get(path).text
        assert alices_bot.name not in text
        assert bobs_bot.name not in text
    assert "alice" in admin.get("/admin").text


def test_page_of_anothers_bot_is_not_there_and_asking_is_written_down(
    dashboard, admin, bob, alices_bot
):
    for client, name in ((bob, "bob"), (admin, "admin")):
        answer = client.get(alices_bot.path)

        assert answer.status_code == 404
        assert "10,000" not in answer.text
        lines = dashboard.database.rows(
            "select action, object, result from kbots.audit_log where actor = %s", (name,)
        )
        assert ("bot.view", "kbots-bots/alices-trend", "not found") in lines


def test_filter_by_anothers_bot_shows_nothing(bob, alices_bot, bobs_bot):
    text = bob.get("/trades", params={"bot": str(alices_bot.login.bot_uid)}).text

    assert alices_bot.name not in text
    assert '"rows":[]' in text.replace("&quot;", '"')


def test_page_of_accounts_is_not_there_for_traders(alice):
    assert alice.get("/admin").status_code == 404


async def test_every_query_is_bound_to_the_session(dashboard, alice, bob, alices_bot, bobs_bot):
    uid = alices_bot.login.bot_uid
    async with open_pool(dashboard.database.address("kbots_dashboard")) as pool:
        gate = LedgerGate(pool)
        seen = {}
        for name, client in (("alice", alice), ("bob", bob)):
            async with gate.as_user(an_actor(dashboard, client, name)) as connection:
                seen[name] = [
                    len(await list_bots(connection)),
                    len(await reports.list_figures(connection)),
                    len(await reports.list_fills(connection)),
                    len(await reports.list_fills(connection, bot_uid=uid)),
                    len(await reports.list_decisions(connection, uid, 10)),
                    len(await reports.list_log_lines(connection, uid, 10)),
                    len(await reports.list_positions(connection, uid)),
                    len(await reports.list_balances(connection, uid)),
                    len(await reports.list_external_orders(connection, uid, 10)),
                    len(await reports.list_adjustments(connection, uid, 10)),
                ]
        async with gate.as_nobody() as connection:
            nothing = [
                await list_bots(connection),
                await reports.list_figures(connection),
                await reports.list_fills(connection),
                await keys.list_keys(connection),
            ]
            assert not await list_active_halts(connection)

    assert seen == {"alice": [1] * 10, "bob": [1, 1, 1, *[0] * 7]}
    assert nothing == [[], [], [], []]


async def test_ended_session_reads_and_writes_nothing(dashboard, alice):
    client = dashboard.sign_in("alice")
    actor = an_actor(dashboard, client, "alice")
    dashboard.database.rows(
        "delete from kbots.sessions where token_hash = %s returning 1", (actor.session,)
    )

    async with open_pool(dashboard.database.address("kbots_dashboard")) as pool:
        with pytest.raises(NotAllowed, match="session has ended"):
            async with LedgerGate(pool).as_user(actor) as connection:
                await users.list_users(connection)


async def test_one_persons_transaction_leaves_nothing_for_the_next(dashboard, alice, alices_bot):
    async with open_pool(dashboard.database.address("kbots_dashboard"), max_size=1) as pool:
        gate = LedgerGate(pool)
        async with gate.as_user(an_actor(dashboard, alice, "alice")) as connection:
            assert await list_bots(connection)
        async with gate.as_nobody() as connection:
            assert not await list_bots(connection)
