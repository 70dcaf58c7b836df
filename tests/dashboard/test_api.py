"""The REST API over a real dashboard: the pages' use cases with the pages' rules, for programs."""

import pytest
from psycopg.types.json import Jsonb

from tests.dashboard.factors import with_second_factor
from tests.dashboard.process import PASSWORD
from tests.dashboard.traders import Trader
from tests.support.ledger_rows import acquire, insert_order
from tests.support.manifests import a_bot

pytestmark = pytest.mark.postgres
API_KEY, API_SECRET = "canaryKEY" * 5, "canarySECRET" * 4


@pytest.fixture(scope="module")
def reads(dashboard, alice):
    return dashboard.api(alice, "read")


@pytest.fixture(scope="module")
def trades(dashboard, alice):
    return dashboard.api(alice, "trade")


@pytest.fixture(scope="module")
def keys(dashboard, alice):
    return dashboard.api(alice, "keys")


def a_spec(owner="alice", **changes):
    return a_bot("x", owner=owner, **changes)["spec"]


def made(trades, name, **changes):
    answer = trades.post("/bots", json={"name": name, "spec": a_spec(**changes)})
    assert answer.status_code == 201, answer.text
    return answer


def errors(answer):
    return {one["field"]: one["message"] for one in answer.json()["errors"]}


def test_bots_of_a_person_are_listed_and_read_with_their_tag(reads, alices_bot, bobs_bot):
    listed = reads.get("/bots").json()["items"]
    one = reads.get("/bots/kbots-bots/alices-trend")

    assert [bot["name"] for bot in listed] == ["alices-trend"]
    assert one.json() == listed[0]
    assert one.headers["etag"] == f'"{one.json()["generation"]}"' == '"1"'
    assert one.json()["spec"]["risk"]["maxPositionNotional"] == "9000"
    assert one.headers["cache-control"] == "no-store"


def test_bot_is_made_with_its_defaults_changed_and_deleted(dashboard, reads, trades):
    tag = made(trades, "api-made").headers["etag"]
    spec = reads.get("/bots/kbots-bots/api-made").json()["spec"]
    assert spec["owner"] == "alice"
    assert spec["onStop"]["orders"] == "Cancel"

    put = trades.put(
        "/bots/kbots-bots/api-made",
        json={"spec": spec | {"updateStrategy": {"type": "Restart"}}},
        headers={"If-Match": tag},
    )
    patched = trades.patch(
        "/bots/kbots-bots/api-made",
        json={"spec": {"risk": {"maxOpenOrders": 7}}},
        headers={"If-Match": put.headers["etag"]},
    )

    assert put.json()["spec"]["updateStrategy"] == {"type": "Restart"}
    after = patched.json()["spec"]
    assert after["risk"]["maxOpenOrders"] == 7
    assert after["risk"]["maxPositionNotional"] == spec["risk"]["maxPositionNotional"]
    assert trades.delete("/bots/kbots-bots/api-made").status_code == 202
    assert reads.get("/bots/kbots-bots/api-made").json()["isDeleting"]


def test_change_of_what_was_changed_meanwhile_is_a_conflict(trades):
    tag = made(trades, "api-raced").headers["etag"]
    first = {"spec": {"risk": {"maxOpenOrders": 3}}}
    path = "/bots/kbots-bots/api-raced"
    assert trades.patch(path, json=first, headers={"If-Match": tag}).status_code == 200

    for answer in (
        trades.patch(path, json=first, headers={"If-Match": tag}),
        trades.put(path, json={"spec": a_spec()}, headers={"If-Match": tag}),
    ):
        assert answer.status_code == 409
        assert answer.headers["content-type"] == "application/problem+json"
        assert "generation 2" in answer.json()["detail"]
    assert errors(trades.put(path, json={"spec": a_spec()})) == {"if-match": "Field required"}
    assert trades.post("/bots", json={"name": "api-raced", "spec": a_spec()}).status_code == 409


def test_refused_field_is_named_in_the_api_servers_words(trades):
    spec = a_spec()
    spec["strategies"][0]["params"]["fast"] = 300

    answer = trades.post("/bots", json={"name": "api-bad", "spec": spec})

    assert answer.status_code == 422
    path = "spec.strategies[0].params.fast"
    assert errors(answer) == {
        path: f"Invalid value: 300: {path} in body should be less than or equal to 200"
    }


def test_what_is_wanted_is_changed_by_actions(reads, trades):
    made(trades, "api-acts")
    wanted = []
    for action in ("pause", "flat", "stop", "run"):
        assert trades.post(f"/bots/kbots-bots/api-acts/actions/{action}").status_code == 204
        wanted.append(reads.get("/bots/kbots-bots/api-acts").json()["spec"]["desiredState"])

    assert wanted == ["Paused", "Flat", "Stopped", "Running"]
    assert trades.post("/bots/kbots-bots/api-acts/actions/explode").status_code == 422


def test_fills_orders_and_equity_come_page_by_page_with_money_as_text(reads, alices_bot):
    for _ in range(4):
        alices_bot.fill(price="0.00000010")
    with alices_bot.login.connect() as connection:
        epoch = acquire(connection, alices_bot.login.bot_uid)
        for number in range(3):
            insert_order(connection, f"api-{number}", epoch=epoch)
    for path, most in (("trades", 5), ("orders", 3), ("equity", 1)):
        address = f"/bots/kbots-bots/alices-trend/{path}"
        whole = reads.get(address).json()
        assert whole["next"] is None
        assert len(whole["items"]) == most

        seen, before = [], None
        while True:
            query = {"limit": 2} | ({"before": before} if before else {})
            page = reads.get(address, params=query).json()
            seen += page["items"]
            before = page["next"]
            if before is None:
                break
        assert seen == whole["items"]

    fill = reads.get("/trades", params={"limit": 1}).json()["items"][0]
    assert fill["price"] == "0.0000001"
    assert fill["realizedQuote"] is None
    assert errors(reads.get("/trades", params={"before": "x"})).keys() == {"before"}
    assert errors(reads.get("/trades", params={"limit": 501})).keys() == {"limit"}


# SEC-42
def test_more_real_money_is_a_matter_for_the_pages(dashboard, trades):
    bot = Trader.make(dashboard.database, "alice", "api-live")
    live = bot.spec() | {"mode": "live", "credentials": {"sealedKey": str(bot.login.bot_uid)}}
    live["risk"] = live["risk"] | {"maxDailyLoss": "50", "maxDrawdownPercent": "15"}
    live.pop("paper")
    refused = trades.put(bot_path(bot), json={"spec": live}, headers={"If-Match": '"1"'})
    with dashboard.database.connect() as connection:
        connection.execute(
            "update kbots.trading_bots set spec = %s where name = 'api-live'", (Jsonb(live),)
        )
    raised = trades.patch(
        bot_path(bot),
        json={"spec": {"risk": {"maxDailyLoss": "5000"}}},
        headers={"If-Match": '"2"'},
    )
    lowered = trades.patch(
        bot_path(bot), json={"spec": {"risk": {"maxDailyLoss": "5"}}}, headers={"If-Match": '"2"'}
    )

    assert refused.status_code == raised.status_code == 403
    assert refused.json()["type"] == raised.json()["type"] == "urn:kbots:problem:step-up"
    assert "a person does that in the bot's settings" in raised.json()["detail"]
    assert errors(refused) == {"spec.mode": "from paper to live"}
    assert errors(raised) == {"spec.risk.maxDailyLoss": "from 50 to 5000"}
    assert lowered.status_code == 200
    made_live = trades.post("/bots", json={"name": "api-born-live", "spec": live})
    assert errors(made_live) == {"spec.mode": "a bot begins on paper or testnet"}


def bot_path(bot):
    return f"/bots/kbots-bots/{bot.name}"


# SEC-46
def test_key_is_sealed_listed_without_itself_and_revoked(dashboard, alice, reads, keys):
    with dashboard.database.connect() as connection:
        connection.execute(
            "insert into kbots.sealing_public_keys (kid, public_key) values ('k', %s)",
            (bytes(range(32)),),
        )
    new = {"label": "api", "environment": "testnet", "apiKey": API_KEY, "apiSecret": API_SECRET}

    bare = keys.post("/keys", json=new)
    wrong = keys.post("/keys", json=new | {"password": "wrong"})
    added = keys.post("/keys", json=new | {"password": PASSWORD})
    again = keys.post("/keys", json=new | {"password": PASSWORD})
    short = keys.post("/keys", json=new | {"password": PASSWORD, "apiSecret": "short"})
    listed = reads.get("/keys")

    assert errors(bare) == {"password": "Field required"}
    assert errors(wrong) == {"password": "is wrong"}
    assert added.status_code == 201
    assert errors(again) == {"label": "is used by another of your keys"}
    assert errors(short).keys() == {"apiSecret"}
    (key,) = listed.json()["items"]
    assert key.keys() == {
        "id", "label", "environment", "apiKeyLast4", "status", "reason", "permissions", "verifiedAt", "createdAt",
    }  # fmt: skip
    assert (key["label"], key["apiKeyLast4"]) == ("api", API_KEY[-4:])
    for answer in (bare, wrong, added, again, short, listed):
        assert API_KEY not in answer.text
        assert API_SECRET not in answer.text
    assert keys.delete(f"/keys/{key['id']}").status_code == 204
    assert keys.delete(f"/keys/{key['id']}").status_code == 404
    assert reads.get("/keys").json()["items"][0]["status"] == "Revoked"


# SEC-35
def test_key_for_real_money_needs_the_second_factor_here_too(dashboard, bob):
    keys = dashboard.api(bob, "keys")
    new = {
        "label": "l", "environment": "live", "apiKey": API_KEY, "apiSecret": API_SECRET, "password": PASSWORD,
    }  # fmt: skip
    assert "real money needs a second factor" in errors(keys.post("/keys", json=new))["code"]

    app = with_second_factor(dashboard, bob, "bob")
    assert errors(keys.post("/keys", json=new)).keys() == {"code"}
    assert keys.post("/keys", json=new | {"code": app.code()}).status_code == 201


def test_me_says_who_and_what_for(reads):
    assert reads.get("/me").json() == {
        "name": "alice", "role": "trader", "token": "for read", "scopes": ["read"],
    }  # fmt: skip


def test_line_of_the_audit_log_names_the_token_and_what_was_before(dashboard, reads, trades):
    tag = made(trades, "api-audited").headers["etag"]
    trades.patch(
        "/bots/kbots-bots/api-audited",
        json={"spec": {"quoteAsset": None, "risk": {"maxOpenOrders": 4}}},
        headers={"If-Match": tag},
    )

    newest = reads.get("/me/audit", params={"limit": 2}).json()
    changed, created = newest["items"]

    assert (changed["action"], changed["object"]) == ("bot.change", "kbots-bots/api-audited")
    assert (changed["actor"], changed["ip"]) == ("alice", "127.0.0.1")
    assert changed["detail"]["token"] == "for trade"
    assert changed["detail"]["before"]["risk"]["maxOpenOrders"] == 50
    assert changed["detail"]["after"]["risk"]["maxOpenOrders"] == 4
    assert created["action"] == "bot.create"
    older = reads.get("/me/audit", params={"limit": 1, "before": newest["next"]}).json()
    assert older["items"][0]["id"] < created["id"]
