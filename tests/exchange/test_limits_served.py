"""Limits as clients meet them: headers, 429, then 418."""

import time

import pytest

from tests.exchange.signer import Signer

pytestmark = pytest.mark.e2e
ORDER = "/api/v3/order"
LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
MARKET = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quoteOrderQty": "10"}


def resting(server):
    """Give a limit order far below the market."""
    price = server.public("/api/v3/ticker/price?symbol=BTCUSDT")[2]["price"]
    return {**LIMIT, "quantity": "0.001", "price": str(int(float(price)) * 8 // 10)}


def leave_the_minute(server):
    """Wait if the minute is about to end, since counts end with it."""
    while server.admin("GET", "status")["time"] % 60_000 > 55_000:
        time.sleep(0.2)


def test_who_goes_on_after_429_is_banned(run_exchange):
    server = run_exchange("--weight-limit=40")
    leave_the_minute(server)
    while (answer := server.public("/api/v3/exchangeInfo"))[0] == 200:
        pass
    first, refused = answer, [server.public("/api/v3/time") for _ in range(12)]

    assert first[0] == 429
    assert first[2]["code"] == -1003
    assert first[2]["msg"].startswith("Too much request weight used; current limit is 40 request")
    assert 1 <= int(first[1]["Retry-After"]) <= 61
    statuses = [status for status, _, _ in refused]
    assert statuses == [429] * 9 + [418] * 3
    assert 1 <= int(refused[-1][1]["Retry-After"]) <= 121
    assert "IP banned until 1" in refused[-1][2]["msg"]
    server.admin("DELETE", "limits")
    assert server.public("/api/v3/time")[0] == 200


def test_orders_are_counted_while_they_are_unfilled(run_exchange):
    server = run_exchange("--order-limit=3")
    signer = Signer(server, "HMAC")

    def place(order):
        status, headers, answer = signer.call("POST", ORDER, **order)
        return status, headers.get("X-MBX-ORDER-COUNT-1D"), answer

    assert place(MARKET)[:2] == (200, "0")
    assert [place(resting(server))[1] for _ in range(2)] == ["1", "2"]
    assert place({**MARKET, "symbol": "NOPE"})[:2] == (400, None)
    assert place(MARKET)[:2] == (200, "2")
    cancelled = signer.call("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
    assert cancelled[0] == 200
    assert "X-MBX-ORDER-COUNT-10S" not in cancelled[1]
    assert place(resting(server))[1] == "3"


def test_order_limit_is_told_with_429(run_exchange):
    server = run_exchange("--daily-order-limit=2")
    signer, order = Signer(server, "HMAC"), resting(server)
    for _ in range(2):
        assert signer.call("POST", ORDER, **order)[0] == 200

    status, headers, answer = signer.call("POST", ORDER, **order)

    assert (status, answer["code"]) == (429, -1015)
    assert answer["msg"] == "Too many new orders; current limit is 2 orders per 1 DAY."
    assert int(headers["Retry-After"]) <= 86_401


def test_successful_orders_weigh_nothing_and_failed_ones_do(run_exchange):
    """TR-56."""
    server = run_exchange()
    leave_the_minute(server)
    signer = Signer(server, "HMAC")

    def used(path, **params):
        _, headers, _ = signer.call("POST", path, **params)
        return int(headers["X-MBX-USED-WEIGHT-1M"])

    stamp = signer.now()
    signer.now = lambda: stamp  # asking for the time weighs something
    before = used(ORDER, **MARKET)
    assert used(ORDER, **MARKET) == before
    assert used(ORDER, **{**MARKET, "symbol": "NOPE"}) == before + 1
    assert used("/api/v3/order/test", **MARKET) == before + 2
