"""What others do on the account of a bot that trades: shown, never touched, and never a profit."""

import hashlib
import hmac
import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.exchange_admin import ExchangeAdmin
from tests.support.logins import a_bot_login
from tests.support.lone_runner import LoneExchange, LoneRunner, lone_exchange
from tests.support.postgres import Database
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.standalone, pytest.mark.e2e, pytest.mark.timeout(240)]

ACCOUNT = "kbots-bots/alice"


def a_strategy(name: str, symbol: str, capital: str, **params: str) -> dict[str, Any]:
    return {
        "name": name, "type": "dca", "symbols": [symbol], "interval": "1m", "capital": capital,
        "params": {"amount": "500", **params},
    }  # fmt: skip


def a_spec(capital: str) -> dict[str, Any]:
    return {
        "owner": "alice",
        "mode": "paper",
        "paper": {"balances": {"USDT": "10000"}},
        "strategies": [
            a_strategy("btc", "BTCUSDT", capital),
            a_strategy("eth", "ETHUSDT", "510", stopLossPercent="2"),
        ],
    }


@dataclass
class World:
    """One bot, its exchange and its ledger."""

    exchange: LoneExchange
    admin: ExchangeAdmin
    runner: LoneRunner
    database: Database

    def trade(self, **params: str) -> dict[str, Any]:
        """Place an order by hand with the account's key."""
        at = self.exchange.get("/api/v3/time", admin=False)["serverTime"]
        payload = urllib.parse.urlencode({"timestamp": at, "recvWindow": 60000, **params})
        secret = self.runner.account["apiSecret"].encode()
        signature = hmac.new(secret, payload.encode(), hashlib.sha256).hexdigest()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.exchange.port}/api/v3/order?{payload}&signature={signature}",
            method="POST",
            headers={"X-MBX-APIKEY": self.runner.account["apiKey"]},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))

    def rest(self, client_order_id: str) -> None:
        """Place a purchase by hand that rests far below the market."""
        now = self.exchange.get("/api/v3/ticker/price?symbol=BTCUSDT", admin=False)["price"]
        self.trade(
            symbol="BTCUSDT",
            side="BUY",
            type="LIMIT",
            timeInForce="GTC",
            quantity="0.01",
            price=str((Decimal(now) / 2).quantize(Decimal("0.1"))),
            newClientOrderId=client_order_id,
        )

    def transfer(self, asset: str, amount: str) -> None:
        """Pay in, or out with a minus sign."""
        path = f"/admin/v1/accounts/{ACCOUNT}/transfer"
        self.admin.ask("POST", path, {"asset": asset, "amount": amount})

    def adjustments(self) -> list[tuple[str, str, Decimal]]:
        return [
            (asset, kind, amount)
            for asset, kind, amount in self.database.rows(
                "select asset, kind, amount from kbots.adjustments order by id"
            )
        ]

    def lots(self, symbol: str) -> Decimal:
        ((held,),) = self.database.rows(
            "select coalesce(sum(remaining), 0) from kbots.lots where symbol = %s", (symbol,)
        )
        return Decimal(held)

    def problems(self) -> list[list[str]]:
        rows = self.database.rows("select problems from kbots.heartbeats")
        return list(rows[0][0]) if rows else []

    def agrees(self) -> bool:
        """Opening + own fills + adjustments = what the exchange says, for every asset."""
        rows = self.database.rows(
            "select asset, sum(amount) from ("
            " select asset, amount from kbots.opening_balances"
            " union all select asset, amount from kbots.adjustments"
            " union all select commission_asset, -commission from kbots.fills"
            " union all select replace(symbol, 'USDT', ''),"
            "  case side when 'BUY' then quantity else -quantity end from kbots.fills"
            " union all select 'USDT',"
            "  case side when 'BUY' then -quote_quantity else quote_quantity end from kbots.fills"
            ") changes group by asset"
        )
        ledger = {asset: amount for asset, amount in rows if amount}
        held = self.admin.truth(ACCOUNT).balances
        return ledger == {asset: amount for asset, amount in held.items() if amount}


@pytest.fixture
def world(tmp_path: Path, database: Database) -> Iterator[World]:
    with lone_exchange(tmp_path, "--seed=7", "--speed=60") as exchange:
        account = exchange.account(ACCOUNT, {"USDT": "10000"})
        login = a_bot_login(database, account_uid=str(account["uid"]))
        runner = LoneRunner(
            folder=tmp_path, login=login, spec=a_spec("510"), exchange=exchange, account=account
        )
        runner.start()
        admin = ExchangeAdmin(port=exchange.admin_port)
        try:
            yield World(exchange, admin, runner, database)
        finally:
            runner.stop()


def wait_for_positions(world: World) -> None:
    wait_until(
        lambda: world.lots("BTCUSDT") > 0 and world.lots("ETHUSDT") > 0, "both bought", seconds=30
    )


def profit(world: World) -> Decimal:
    ((realized,),) = world.database.rows("select sum(realized_quote) from kbots.positions")
    return Decimal(realized)


def test_deposit_and_manual_trade_become_adjustments_and_no_profit(world: World) -> None:
    wait_for_positions(world)
    opening = world.database.rows("select asset, amount from kbots.opening_balances")
    assert opening == [("USDT", 10000)]
    lots, earned = world.lots("BTCUSDT"), profit(world)

    world.transfer("USDT", "500")
    world.trade(
        symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.001", newClientOrderId="web_1"
    )
    world.rest("web_2")

    wait_until(lambda: len(world.adjustments()) >= 3, "the adjustments", seconds=60)
    rows = world.adjustments()
    assert ("USDT", "Deposit", 500) in rows
    assert {(asset, kind) for asset, kind, _ in rows} == {
        ("USDT", "Deposit"), ("USDT", "ManualTrade"), ("BTC", "ManualTrade"),
    }  # fmt: skip
    assert world.agrees()
    assert world.problems() == []
    assert (world.lots("BTCUSDT"), profit(world)) == (lots, earned)
    strangers = world.database.rows(
        "select client_order_id, status, is_own_mark from kbots.external_orders order by 1"
    )
    assert strangers == [("web_1", "FILLED", False), ("web_2", "NEW", False)]  # TR-42
    truth = world.admin.truth(ACCOUNT).orders
    assert [o["status"] for o in truth if o["clientOrderId"] == "web_2"] == ["NEW"]  # TR-10


def test_stolen_lot_stops_entries_and_leaves_the_stop_at_work(world: World) -> None:
    wait_for_positions(world)
    held = world.lots("BTCUSDT")
    world.transfer("BTC", f"-{(held / 2).quantize(Decimal('0.00000001'))}")

    wait_until(lambda: world.problems() != [], "Degraded", seconds=60)
    ((reason, message),) = world.problems()
    assert reason == "BooksDisagree"
    assert message.startswith("BTC: the account holds 0.00")
    assert message.endswith(f"own lots are {held.normalize():f}")

    world.runner.spec, world.runner.generation = a_spec("2000"), 2  # there is capital to buy again
    world.runner.write()
    blocked = "select reason from kbots.decisions where generation = 2 and strategy = 'btc'"
    wait_until(lambda: world.database.rows(blocked), "a decision", seconds=20)
    assert world.database.rows(blocked)[0][0] == f"{reason}: {message}"
    assert world.lots("BTCUSDT") == held

    world.admin.shock("ETHUSDT", "-5")
    dust = "select is_dust from kbots.positions where symbol = 'ETHUSDT'"
    wait_until(
        lambda: world.database.rows(dust) == [(True,)], "the stop sells", seconds=30
    )  # TR-21
    assert [reason for reason, _ in world.problems()] == ["BooksDisagree"]  # I9

    world.transfer("BTC", str(held))
    wait_until(lambda: world.problems() == [], "the problem is gone", seconds=90)
    wait_until(lambda: world.lots("BTCUSDT") > held, "it buys again", seconds=20)


def test_order_of_a_second_instance_stops_entries(world: World) -> None:
    wait_for_positions(world)
    mark = f"kb-{world.runner.login.bot_uid.hex[:8]}-"
    world.rest(f"{mark}9-1")

    wait_until(lambda: world.problems() != [], "Degraded", seconds=30)

    assert world.problems() == [
        ["ForeignOrders", f"orders with this bot's mark that its ledger does not know: {mark}9-1"]
    ]  # TR-11
