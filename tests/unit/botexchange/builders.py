"""Builders for engine tests: plain decimals in, the engine's units inside."""

from dataclasses import replace

from botcore.candles.catalogue import CATALOGUE
from botcore.matching.accounts import Account
from botcore.matching.engine import Engine
from botcore.matching.instruments import ExchangeRules
from botcore.matching.numbers import to_units
from botcore.matching.orders import OrderRequest, OrderType, Prevention, Side, TimeInForce
from botcore.matching.quotes import Tick
from botcore.matching.refusals import VenueError
from botcore.matching.reports import BalanceReport, Changes, ExecutionReport, ListReport

UID = 10_000_001
NOW = 1_700_000_000_000
SYMBOL = "BTCUSDT"
PRICE = "50000"


def an_engine(usdt="100000", btc="10", price=PRICE, fee="0.001", **account):
    engine = Engine(CATALOGUE.values())
    engine.add_account(an_account(UID, usdt, btc, fee, **account))
    engine.move(a_tick(price, jump=True))
    engine.drain()
    return engine


def an_account(uid, usdt="100000", btc="10", fee="0.001", bnb="0", **more):
    return Account(
        uid=uid,
        name=f"account-{uid}",
        maker_rate=to_units(fee),
        taker_rate=to_units(fee),
        free={"USDT": to_units(usdt), "BTC": to_units(btc), "BNB": to_units(bnb)},
        **more,
    )


def a_tick(price, *, at=NOW, quantity="1000", jump=False, symbol=SYMBOL):
    return Tick(
        symbol=symbol,
        time_ms=at,
        price=to_units(price),
        quantity=to_units(quantity),
        is_jump=jump,
    )


def a_request(kind, side, **values):
    units = {
        name: to_units(values.pop(name))
        for name in ("quantity", "quote_quantity", "price", "stop_price", "iceberg_quantity")
        if name in values
    }
    force = TimeInForce(values.pop("force", "GTC"))
    prevention = Prevention(values.pop("prevention", "EXPIRE_MAKER"))
    return OrderRequest(
        symbol=values.pop("symbol", SYMBOL),
        side=Side(side),
        type=OrderType(kind),
        time_in_force=force,
        prevention=prevention,
        **units,
        **values,
    )


def executions(changes: Changes) -> list[str]:
    """Say what was reported, in order: execution/status, or the name of another report."""
    return [
        f"{report.execution}/{report.order.status}"
        if isinstance(report, ExecutionReport)
        else ("balances" if isinstance(report, BalanceReport) else "list")
        for report in changes.reports
    ]


def newest(changes: Changes):
    """Give the only order of a step in its newest form."""
    (order,) = changes.orders.values()
    return order


def free(engine, asset, uid=UID):
    return engine.accounts[uid].free.get(asset, 0)


def locked(engine, asset, uid=UID):
    return engine.accounts[uid].locked.get(asset, 0)


def placed(engine, request, uid=UID, at=NOW):
    """Place an order and forget what was reported."""
    order = engine.place(uid, request, at)
    engine.drain()
    return order


def placed_list(engine, request):
    orders = engine.place_list(UID, request, NOW)
    engine.drain()
    return orders


def done(changes):
    """Say of each list report how many orders it names and whether the list is done."""
    return [
        (len(report.orders), report.is_done)
        for report in changes.reports
        if isinstance(report, ListReport)
    ]


def form(changes: Changes, order):
    """Give an order in the form a step left it."""
    return changes.orders[order.id]


def ruled(rules=None, **instrument):
    """Give an engine whose symbol has other rules; amounts are plain decimals."""
    units = {
        name: to_units(value) if isinstance(value, str) else value
        for name, value in instrument.items()
    }
    engine = Engine([replace(CATALOGUE[SYMBOL], **units)], rules or ExchangeRules())
    engine.add_account(an_account(UID, "10000000", "100"))
    engine.move(a_tick("50000", jump=True))
    engine.drain()
    return engine


def refusal(engine, request_):
    """Give the name of the filter that fails, None if none does."""
    try:
        engine.test(UID, request_)
    except VenueError as error:
        return error.message.removeprefix("Filter failure: ") if error.code == -1013 else str(error)
    return None


def limit(**values):
    return a_request("LIMIT", "BUY", **{"quantity": "0.01", "price": "49000", **values})


def market(side="BUY", **values):
    return a_request("MARKET", side, **values)


def stop(side="SELL", **values):
    return a_request("STOP_LOSS", side, **{"quantity": "1", **values})
