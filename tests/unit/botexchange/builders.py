"""Builders for engine tests: plain decimals in, the engine's units inside."""

from botexchange.market.catalogue import CATALOGUE
from botexchange.matching.accounts import Account
from botexchange.matching.engine import Engine
from botexchange.matching.numbers import to_units
from botexchange.matching.orders import OrderRequest, OrderType, Side, TimeInForce
from botexchange.matching.quotes import Tick
from botexchange.matching.reports import BalanceReport, Changes, ExecutionReport

UID = 10_000_001
NOW = 1_700_000_000_000
SYMBOL = "BTCUSDT"
PRICE = "50000"


def an_engine(usdt="100000", btc="10", price=PRICE, fee="0.001"):
    engine = Engine(CATALOGUE.values())
    engine.add_account(an_account(UID, usdt, btc, fee))
    engine.move(a_tick(price, jump=True))
    engine.drain()
    return engine


def an_account(uid, usdt="100000", btc="10", fee="0.001"):
    return Account(
        uid=uid,
        name=f"account-{uid}",
        maker_rate=to_units(fee),
        taker_rate=to_units(fee),
        free={"USDT": to_units(usdt), "BTC": to_units(btc)},
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
        for name in ("quantity", "quote_quantity", "price", "stop_price")
        if name in values
    }
    force = TimeInForce(values.pop("force", "GTC"))
    return OrderRequest(
        symbol=values.pop("symbol", SYMBOL),
        side=Side(side),
        type=OrderType(kind),
        time_in_force=force,
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
