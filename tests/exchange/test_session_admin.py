"""The control port: accounts, keys, money in and out, the state of things."""

import asyncio
import json

import aiohttp
import pytest

from tests.exchange.signer import Signer

pytestmark = pytest.mark.e2e
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "100"}


@pytest.fixture
def signer(exchange):
    return Signer(exchange, "HMAC", USDT="1000", BNB="5")


def test_accounts_are_listed_with_their_uid(exchange, signer):
    listed = exchange.admin("GET", "accounts")["accounts"]

    assert {"name": signer.name, "uid": signer.account["uid"]} in listed


def test_several_keys_serve_one_account_until_they_are_revoked(exchange, signer):
    second = exchange.admin("POST", "keys", {"name": signer.name})
    other = {"X-MBX-APIKEY": second["apiKey"]}

    def asked():
        payload = f"timestamp={signer.now()}"
        twin = Signer.__new__(Signer)
        twin._private, twin.account = None, second
        query = f"{payload}&signature={twin.signature(payload)}"
        return signer.send("GET", "/api/v3/account", query, **other)

    assert asked()[2]["uid"] == second["uid"] == signer.account["uid"]
    listed = exchange.admin("GET", f"keys?name={signer.name}")["keys"]
    assert {one["apiKey"] for one in listed} == {second["apiKey"], signer.account["apiKey"]}
    exchange.admin("DELETE", f"keys/{second['apiKey']}")
    assert asked()[2]["code"] == -2015
    assert signer.call("GET", "/api/v3/account")[0] == 200
    with pytest.raises(OSError, match="404"):
        exchange.admin("DELETE", f"keys/{second['apiKey']}")


def test_permissions_are_shown_and_obeyed(exchange, signer):
    key = f"keys/{signer.account['apiKey']}"
    before = signer.call("GET", "/sapi/v1/account/apiRestrictions")[2]
    changed = exchange.admin("PATCH", key, {"permissions": {"withdrawals": True}})
    after = signer.call("GET", "/sapi/v1/account/apiRestrictions")[2]

    assert changed["permissions"]["withdrawals"] is True
    assert (before["enableWithdrawals"], after["enableWithdrawals"]) == (False, True)
    exchange.admin("PATCH", key, {"permissions": {"spotTrading": False}})
    assert signer.call("POST", "/api/v3/order", **MARKET)[2]["code"] == -2015
    exchange.admin("PATCH", key, {"permissions": {"reading": False}})
    assert signer.call("GET", "/api/v3/account")[2]["code"] == -2015


def test_keys_and_options_survive_a_kill(run_exchange):
    server = run_exchange()
    signer = Signer(server, "HMAC")
    second = server.admin("POST", "keys", {"name": signer.name, "permissions": {"margin": True}})
    server.admin("DELETE", f"keys/{signer.account['apiKey']}")
    changed = {"discount": True, "canTrade": False}
    server.admin("PATCH", f"accounts/{signer.name}", changed)
    server.kill()
    server.start()

    (key,) = server.admin("GET", f"keys?name={signer.name}")["keys"]
    shown = server.admin("GET", f"accounts/{signer.name}")
    again = server.admin("POST", "accounts", {"name": signer.name, "balances": {"USDT": "1"}})

    assert (key["apiKey"], key["permissions"]["margin"]) == (second["apiKey"], True)
    assert {name: shown[name] for name in changed} == changed
    assert (again["created"], again["uid"]) == (False, signer.account["uid"])


def test_account_without_the_right_to_trade_is_refused(exchange, signer):
    exchange.admin("PATCH", f"accounts/{signer.name}", {"canTrade": False})
    status, _, refused = signer.call("POST", "/api/v3/order", **MARKET)
    exchange.admin("PATCH", f"accounts/{signer.name}", {"canTrade": True})

    assert status == 400
    assert refused["code"] in {-2010, -2015}
    assert signer.call("POST", "/api/v3/order", **MARKET)[0] == 200


def test_discount_pays_commission_in_bnb(exchange, signer):
    exchange.admin("PATCH", f"accounts/{signer.name}", {"discount": True})

    answer = signer.call("POST", "/api/v3/order", **MARKET)[2]

    assert {fill["commissionAsset"] for fill in answer["fills"]} == {"BNB"}


async def test_money_in_and_out_is_told(exchange, signer):
    url = f"http://127.0.0.1:{exchange.port}/ws-api/v3"
    path = f"accounts/{signer.name}/transfer"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as user:
        request = {"id": 1, "method": "userDataStream.subscribe.signature"}
        await user.send_json({**request, "params": signer.sign()})
        await user.receive_json()

        paid_in = await asyncio.to_thread(
            exchange.admin, "POST", path, {"asset": "USDT", "amount": "25.5"}
        )
        paid_out = await asyncio.to_thread(
            exchange.admin, "POST", path, {"asset": "BNB", "amount": "-1.5"}
        )
        events = [json.loads((await user.receive(5)).data)["event"] for _ in range(4)]

    assert paid_in["balances"]["USDT"]["free"] == "1025.50000000"
    assert paid_out["balances"]["BNB"]["free"] == "3.50000000"
    deltas = [(one["a"], one["d"]) for one in events if one["e"] == "balanceUpdate"]
    assert deltas == [("USDT", "25.50000000"), ("BNB", "-1.50000000")]
    assert sum(one["e"] == "outboundAccountPosition" for one in events) == 2


def test_more_than_is_free_cannot_leave(exchange, signer):
    with pytest.raises(OSError, match="400"):
        exchange.admin(
            "POST", f"accounts/{signer.name}/transfer", {"asset": "USDT", "amount": "-1000.1"}
        )

    shown = exchange.admin("GET", f"accounts/{signer.name}")
    assert shown["balances"]["USDT"]["free"] == "1000.00000000"


def test_status_counts_what_is_there(exchange, signer):
    status = exchange.admin("GET", "status")

    assert status["accounts"] >= 1
    assert status["symbols"]["BTCUSDT"] == "TRADING"
    assert status["wsApiConnections"] == status["userDataStreams"] == 0


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "accounts/{name}", {"discount": "yes"}),
        ("POST", "accounts/{name}/transfer", {"asset": "USDT", "amount": "1e3"}),
        ("POST", "accounts/{name}/transfer", {"asset": "usdt", "amount": "1"}),
        ("POST", "accounts/{name}/transfer", {"asset": "USDT"}),
        ("POST", "keys", {"name": "{name}", "publicKey": "no"}),
        ("POST", "keys", {"name": "{name}", "permissions": {"flying": True}}),
        ("POST", "keys", {"name": "{name}", "permissions": {"reading": 1}}),
        ("POST", "keys", {"name": "{name}", "permissions": {"addresses": "10.0.0.1"}}),
        ("POST", "trades", {"symbol": "BTCUSDT", "price": "5", "quantity": "1"}),
    ],
)
def test_wrong_request_is_refused(exchange, signer, method, path, body):
    body = {name: signer.name if value == "{name}" else value for name, value in body.items()}
    with pytest.raises(OSError, match="400"):
        exchange.admin(method, path.format(name=signer.name), body)
