"""A symbol that does not trade: its orders stay as they are until it does again."""

import pytest

from botcore.matching.quotes import SymbolStatus
from tests.unit.botexchange.builders import NOW, SYMBOL, UID, a_request, a_tick, an_engine, placed

CLOSED = [status for status in SymbolStatus if status is not SymbolStatus.TRADING]


@pytest.mark.parametrize("status", CLOSED)
def test_orders_of_a_closed_symbol_neither_trade_nor_trigger_nor_follow(status):
    engine = an_engine()
    placed(engine, a_request("LIMIT", "BUY", quantity="1", price="49000"))
    placed(engine, a_request("STOP_LOSS", "SELL", quantity="1", stop_price="48000"))
    placed(engine, a_request("STOP_LOSS", "SELL", quantity="1", trailing_delta=1_000))
    before = engine.open_orders(UID)
    engine.market(SYMBOL).status = status

    for at, price in enumerate(("60000", "40000", "48500"), start=1):
        engine.move(a_tick(price, at=NOW + at))

    changes = engine.drain()
    assert engine.open_orders(UID) == before
    assert not changes.orders
    assert not changes.reports
    assert engine.market(SYMBOL).last == a_tick("48500").price


def test_market_that_opens_meets_what_it_stands_beyond():
    engine = an_engine()
    order = placed(engine, a_request("LIMIT", "BUY", quantity="1", price="49000"))
    engine.market(SYMBOL).status = SymbolStatus.HALT
    engine.move(a_tick("48500", at=NOW + 1))
    engine.drain()

    engine.market(SYMBOL).status = SymbolStatus.TRADING
    engine.move(a_tick("48500", at=NOW + 2))

    [trade] = engine.drain().trades
    assert (trade.order_id, trade.price) == (order.id, order.price)
