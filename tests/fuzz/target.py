"""The exchange under fuzzing: how to reach it, and how to tell that it took no harm."""

import http.client
import itertools
import json
import socket
from collections import Counter
from contextlib import suppress
from decimal import Decimal

from tests.fuzz.wire import RestCall, now_ms

BALANCES = {"USDT": "1000000", "BTC": "100", "ETH": "1000", "BNB": "1000"}
OPEN = {"NEW", "PARTIALLY_FILLED", "PENDING_NEW"}
BYSTANDER_ORDERS = (("BUY", "20000"), ("SELL", "200000"))


class Target:
    """A running exchange with six accounts; connections come from many loopback addresses.

    The limits per address stay as shipped: each connection has an address of its own.
    """

    def __init__(self, server):
        self.server, self._seen = server, 0
        self.accounts = [server.account(f"fuzz/{number}", **BALANCES) for number in range(6)]
        self._addresses = (
            f"127.{a}.{b}.{c}" for a, b, c in itertools.product(range(1, 250), repeat=3)
        )
        self._bystander = server.account("fuzz/bystander", **BALANCES)
        self._info = {
            one["symbol"]: one for one in server.public("/api/v3/exchangeInfo")[2]["symbols"]
        }
        for side, price in BYSTANDER_ORDERS:
            order = {
                "symbol": "BTCUSDT", "side": side, "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01",
                "price": price,
            }  # fmt: skip
            status, answer = self.ask(self._bystander, "POST", "/api/v3/order", order)
            assert status == 200, answer
        self._untouched = self._picture()

    def connect(self):
        """Open a connection from an address of its own."""
        peer = ("127.0.0.1", self.server.port)
        return socket.create_connection(peer, timeout=10, source_address=(next(self._addresses), 0))

    def ask(self, account, method, path, parameters, *, is_signed=True):
        """Send one sound request; give the status and the parsed answer."""
        call = RestCall(method, path, parameters, is_signed=is_signed)
        with self.connect() as connection:
            connection.sendall(call.message(account, now_ms()))
            status, _, body = read_answer(connection, method)
        return status, json.loads(body)

    def check_alive(self):
        """Fail if the process ended, does not answer, or logged a traceback."""
        assert self.server.process.poll() is None, "".join(self.server.lines[-20:])
        lines, self._seen = self.server.lines[self._seen :], len(self.server.lines)
        bad = [line for line in lines if "Traceback" in line or '"level": "error"' in line]
        assert not bad, bad[0]
        status, answer = self.ask(self.accounts[0], "GET", "/api/v3/ping", {}, is_signed=False)
        assert (status, answer) == (200, {})

    def check_books(self):
        """Fail unless every account owns what its trades say, and the bystander what it had."""
        self.check_alive()
        for number in range(len(self.accounts)):
            name = f"fuzz/{number}"
            shown = self.server.admin("GET", f"accounts/{name}")
            found = self.server.admin("GET", f"orders?name={name}")
            owned = Counter({asset: Decimal(amount) for asset, amount in BALANCES.items()})
            for trade in found["trades"]:
                self._count(owned, trade)
            for asset, amount in shown["balances"].items():
                free, locked = Decimal(amount["free"]), Decimal(amount["locked"])
                assert min(free, locked) >= 0
                assert free + locked == owned[asset], f"{name}: {asset}"
            _check_orders(found["orders"], found["trades"])
            assert shown["openOrders"] == sum(one["status"] in OPEN for one in found["orders"])
        assert self._picture() == self._untouched, "somebody touched the bystander"

    def _count(self, owned, trade):
        symbol = self._info[trade["symbol"]]
        sign = 1 if trade["isBuyer"] else -1
        owned[symbol["baseAsset"]] += sign * Decimal(trade["qty"])
        owned[symbol["quoteAsset"]] -= sign * Decimal(trade["quoteQty"])
        owned[trade["commissionAsset"]] -= Decimal(trade["commission"])

    def _picture(self):
        """Give all that belongs to the bystander."""
        account = self.server.admin("GET", "accounts/fuzz/bystander")
        return account, self.server.admin("GET", "orders?name=fuzz/bystander")


def _check_orders(orders, trades):
    executed = Counter()
    for trade in trades:
        executed[trade["orderId"]] += Decimal(trade["qty"])
    for order in orders:
        assert Decimal(order["executedQty"]) == executed[order["orderId"]], order
    names = Counter(
        (one["symbol"], one["clientOrderId"]) for one in orders if one["status"] in OPEN
    )
    assert max(names.values(), default=1) == 1, "two open orders share a client id"


def half_close(connection):
    """Say that nothing more comes; the exchange may have closed already."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)


def read_answer(connection, method):
    """Read one HTTP answer; give status, headers and body."""
    answer = http.client.HTTPResponse(connection, method=method)
    try:
        answer.begin()
        return answer.status, answer.headers, answer.read()
    finally:
        answer.close()
