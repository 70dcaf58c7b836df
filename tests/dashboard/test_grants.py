"""Leave to trade real money: given with password and code, shown, taken back with a click."""

import re

import pytest

from tests.dashboard.factors import with_second_factor
from tests.dashboard.process import PASSWORD, hidden_field
from tests.support.live_grants import a_live_key

pytestmark = pytest.mark.postgres
GRANT = {"symbols": "BTCUSDT, ethusdt", "most_notional": "500.50", "days": "30"}


@pytest.fixture(scope="module")
def key_id(dashboard, alice):
    return a_live_key(dashboard.database)


@pytest.fixture(scope="module")
def app(dashboard, alice, key_id):
    return with_second_factor(dashboard, alice, "alice")


@pytest.fixture
def strangers(bob, admin):
    return bob, admin


@pytest.fixture(autouse=True)
def _forgotten_failures(dashboard):
    with dashboard.database.connect() as connection:
        connection.execute("delete from kbots.sign_in_failures")


def grant(client, bot, **fields):
    csrf = hidden_field(client.get("/security").text)
    return client.post(f"{bot.path}/live", data={"csrf": csrf} | GRANT | fields)


def in_force(dashboard):
    return dashboard.database.rows(
        "select owner, symbols, most_notional::text, round(extract(epoch from expires_at - granted_at) / 86400)::int"
        " from kbots.live_grants where revoked_at is null"
    )


# SEC-35
def test_without_a_second_factor_there_is_no_grant(dashboard, bob, bobs_bot):
    key_id = a_live_key(dashboard.database, "bob")

    assert 'data-testid="needs-factor"' in bob.get(f"{bobs_bot.path}/live").text
    answer = grant(bob, bobs_bot, key_id=str(key_id), current=PASSWORD)

    assert answer.status_code == 422
    assert in_force(dashboard) == []
    assert bob.get(bobs_bot.path).status_code == 200, "paper needs none"


@pytest.mark.parametrize(
    "proof",
    [
        {},
        {"current": PASSWORD},
        {"current": PASSWORD, "code": "000000"},
        {"current": "not this one, sorry"},
    ],
)
def test_grant_needs_password_and_code_and_what_was_typed_stays(
    dashboard, alice, alices_bot, key_id, app, proof
):
    answer = grant(alice, alices_bot, key_id=str(key_id), **proof)

    assert answer.status_code == 422
    assert in_force(dashboard) == []
    for value in ("BTCUSDT, ethusdt", "500.50", "30"):
        assert f'value="{value}"' in answer.text
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"symbols": ""}, "symbols"),
        ({"symbols": "<b>"}, "symbols"),
        ({"most_notional": "0"}, "most_notional"),
        ({"most_notional": "NaN"}, "most_notional"),
        ({"most_notional": "-5"}, "most_notional"),
        ({"most_notional": "1e3"}, "most_notional"),
        ({"days": "0"}, "days"),
        ({"days": "366"}, "days"),
        ({"days": "²"}, "days"),
        ({"key_id": "none"}, "key_id"),
        ({"key_id": "00000000-0000-4000-8000-000000000000"}, "key_id"),
    ],
)
def test_refused_field_says_why_beside_it(alice, alices_bot, key_id, app, fields, at):
    given = {"key_id": str(key_id), "current": PASSWORD, "code": app.code()} | fields

    answer = grant(alice, alices_bot, **given)

    assert answer.status_code == 422
    assert f'data-testid="problem-{at}"' in answer.text
    assert 'data-testid="no-grant"' in answer.text


# SEC-43, SEC-44
def test_grant_is_shown_until_it_is_taken_back_with_a_click(
    dashboard, alice, alices_bot, key_id, app
):
    old = alice.cookies["kbots"]
    answer = grant(alice, alices_bot, key_id=str(key_id), current=PASSWORD, code=app.code())
    assert answer.headers["location"] == f"{alices_bot.path}/live"
    assert alice.cookies["kbots"] != old
    assert in_force(dashboard) == [("alice", ["BTCUSDT", "ETHUSDT"], "500.50", 30)]

    shown = alice.get(f"{alices_bot.path}/live").text
    assert "In force" in shown
    assert "BTCUSDT, ETHUSDT" in shown
    assert "500.5 USDT" in shown
    (grant_id,) = re.findall(r'name="grant" value="([^"]+)"', shown)
    form = {"csrf": hidden_field(shown), "grant": grant_id}
    assert alice.post(f"{alices_bot.path}/live/revoke", data=form).status_code == 303

    assert in_force(dashboard) == []
    assert "Revoked" in alice.get(f"{alices_bot.path}/live").text
    assert alice.post(f"{alices_bot.path}/live/revoke", data=form).status_code == 404
    lines = dashboard.database.rows("select actor, action from kbots.audit_log")
    assert {("alice", "live.grant"), ("alice", "live.revoke")} <= set(lines)


# SEC-39
def test_grants_of_another_are_neither_seen_given_nor_taken(
    dashboard, strangers, alice, alices_bot, key_id, app
):
    grant(alice, alices_bot, key_id=str(key_id), current=PASSWORD, code=app.code())
    shown = alice.get(f"{alices_bot.path}/live").text
    (grant_id,) = re.findall(r'name="grant" value="([^"]+)"', shown)

    for client in strangers:
        assert client.get(f"{alices_bot.path}/live").status_code == 404
        csrf = hidden_field(client.get("/security").text)
        form = {"csrf": csrf, "grant": grant_id}
        assert client.post(f"{alices_bot.path}/live/revoke", data=form).status_code == 404
        assert grant(client, alices_bot, key_id=str(key_id)).status_code == 404

    assert len(in_force(dashboard)) == 1


# SEC-35
def test_key_for_real_money_needs_the_second_factor_and_none_is_added_without_a_password(
    dashboard, bob
):
    with dashboard.database.connect() as connection:
        connection.execute(
            "insert into kbots.sealing_public_keys (kid, public_key) values ('k', %s)",
            (bytes(range(32)),),
        )
    key = {"label": "main", "api_key": "A" * 32, "api_secret": "B" * 32}
    for environment, current in (("testnet", ""), ("testnet", "wrong, sorry"), ("live", PASSWORD)):
        csrf = hidden_field(bob.get("/keys/new").text)
        form = key | {"csrf": csrf, "environment": environment, "current": current}
        answer = bob.post("/keys/new", data=form)
        assert answer.status_code == 422, environment
        assert "B" * 32 not in answer.text

    assert dashboard.database.rows("select 1 from kbots.sealed_keys where label = 'main'") == []
