"""Orders that trade at once or rest: events, balances, refusals."""

import pytest

from botcore.matching.numbers import fee, notional, to_units
from botcore.matching.orders import OrderStatus
from botcore.matching.quotes import SymbolStatus
from botcore.matching.refusals import VenueError
from tests.unit.botexchange.builders import (
    NOW,
    UID,
    a_request,
    a_tick,
    an_account,
    an_engine,
    executions,
    free,
    locked,
    newest,
)


def test_market_buy_reports_new_trades_and_one_balance():
    engine = an_engine()

    engine.place(UID, a_request("MARKET", "BUY", quantity="1"), NOW)

    changes = engine.drain()
    order = newest(changes)
    assert executions(changes)[0] == "NEW/NEW"
    assert executions(changes)[-2:] == ["TRADE/FILLED", "balances"]
    assert executions(changes).count("balances") == 1
    assert sum(trade.quantity for trade in changes.trades) == order.executed == to_units("1")
    assert [trade.price for trade in changes.trades] == sorted(t.price for t in changes.trades)


def test_commission_comes_out_of_what_was_received():
    engine = an_engine(usdt="100000", btc="0")

    engine.place(UID, a_request("MARKET", "BUY", quantity="0.5"), NOW)

    trades = engine.drain().trades
    assert free(engine, "BTC") == sum(t.quantity - fee(t.quantity, 100_000) for t in trades)
    assert free(engine, "USDT") == to_units("100000") - sum(t.quote for t in trades)
    assert locked(engine, "USDT") == 0


def test_market_by_quote_amount_spends_at_most_it():
    engine = an_engine()

    engine.place(UID, a_request("MARKET", "BUY", quote_quantity="1000"), NOW)

    order = newest(engine.drain())
    step_value = notional(to_units("50100"), to_units("0.00001"))
    assert to_units("1000") - step_value <= order.quote_executed <= to_units("1000")
    assert order.quantity == order.executed
    assert order.status is OrderStatus.FILLED


def test_market_beyond_the_ladder_expires_with_what_it_got():
    engine = an_engine(btc="180")

    engine.place(UID, a_request("MARKET", "SELL", quantity="180"), NOW)

    changes = engine.drain()
    order = newest(changes)
    assert order.status is OrderStatus.EXPIRED
    assert order.expiry_reason == "INSUFFICIENT_LIQUIDITY"
    assert 0 < order.executed < order.quantity
    assert executions(changes)[-2:] == ["EXPIRED/EXPIRED", "balances"]
    assert locked(engine, "BTC") == 0


def test_taking_empties_only_the_own_view_of_the_ladder():
    engine = an_engine(btc="1000")
    engine.add_account(an_account(UID + 1, btc="1000"))
    prices = []

    for uid in (UID, UID, UID + 1):
        engine.place(uid, a_request("MARKET", "SELL", quantity="2"), NOW)
        prices.append([trade.price for trade in engine.drain().trades])

    assert max(prices[1]) <= min(prices[0])
    assert prices[2] == prices[0]


def test_limit_below_the_market_rests_and_holds_its_funds():
    engine = an_engine()

    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)

    assert executions(engine.drain()) == ["NEW/NEW", "balances"]
    assert locked(engine, "USDT") == to_units("49000")
    assert free(engine, "USDT") == to_units("51000")


def test_limit_through_the_market_gets_the_better_price_and_its_change():
    engine = an_engine()

    engine.place(UID, a_request("LIMIT", "BUY", quantity="0.1", price="51000"), NOW)

    order = newest(engine.drain())
    assert order.status is OrderStatus.FILLED
    assert order.quote_executed < notional(order.price, order.executed)
    assert free(engine, "USDT") == to_units("100000") - order.quote_executed


@pytest.mark.parametrize(
    ("force", "reason", "fills"),
    [("IOC", "UNFILLED_IOC_QUANTITY_EXPIRED", True), ("FOK", "UNFILLED_FOK_ORDER_EXPIRED", False)],
)
def test_immediate_orders_expire_what_does_not_trade(force, reason, fills):
    engine = an_engine(btc="100")
    request = a_request("LIMIT", "SELL", quantity="100", price="49995", force=force)

    engine.place(UID, request, NOW)

    order = newest(engine.drain())
    assert order.status is OrderStatus.EXPIRED
    assert order.expiry_reason == reason
    assert (order.executed > 0) is fills
    assert locked(engine, "BTC") == 0


def test_resting_order_fills_as_maker_when_traded_through():
    engine = an_engine()
    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    engine.drain()

    engine.move(a_tick("48999.99", at=NOW + 1))

    changes = engine.drain()
    (trade,) = changes.trades
    assert trade.maker
    assert trade.price == to_units("49000")
    assert executions(changes) == ["TRADE/FILLED", "balances"]


def test_market_at_the_limit_fills_only_what_trades():
    engine = an_engine()
    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    engine.drain()

    engine.move(a_tick("49000", at=NOW + 1, quantity="0.4"))

    order = newest(engine.drain())
    assert order.status is OrderStatus.PARTIALLY_FILLED
    assert order.executed == to_units("0.4")
    assert locked(engine, "USDT") == notional(to_units("49000"), to_units("0.6"))


def test_market_that_stays_away_touches_nothing():
    engine = an_engine()
    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    engine.drain()

    engine.move(a_tick("49000.01", at=NOW + 1))

    assert not engine.drain()


def test_canceled_order_gives_its_funds_back():
    engine = an_engine()
    order = engine.place(UID, a_request("LIMIT", "SELL", quantity="1", price="60000"), NOW)
    engine.drain()

    (ended,) = engine.cancel(order, NOW + 1, cancel_client_id="c1")

    changes = engine.drain()
    assert ended.status is OrderStatus.CANCELED
    assert executions(changes) == ["CANCELED/CANCELED", "balances"]
    assert changes.reports[0].cancel_client_id == "c1"
    assert free(engine, "BTC") == to_units("10")
    with pytest.raises(VenueError, match="Unknown order sent"):
        engine.cancel(order, NOW + 2)


def test_client_id_is_refused_only_while_its_order_is_open():
    engine = an_engine()
    request = a_request("LIMIT", "BUY", quantity="1", price="49000", client_order_id="mine")
    order = engine.place(UID, request, NOW)

    with pytest.raises(VenueError, match="Duplicate order sent"):
        engine.place(UID, request, NOW)

    engine.cancel(order, NOW)
    assert engine.place(UID, request, NOW).id > order.id


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (a_request("LIMIT", "BUY", quantity="3", price="49000"), "insufficient balance"),
        (a_request("MARKET", "BUY", quantity="3"), "insufficient balance"),
        (a_request("MARKET", "BUY", quote_quantity="100001"), "insufficient balance"),
        (a_request("MARKET", "SELL", quantity="11"), "insufficient balance"),
        (a_request("LIMIT_MAKER", "BUY", quantity="0.1", price="50500"), "immediately match"),
        (a_request("LIMIT", "BUY", quantity="1", price="49000", symbol="XXXYYY"), "Invalid symbol"),
    ],
)
def test_refused_order_changes_nothing(request_, message):
    engine = an_engine()

    with pytest.raises(VenueError, match=message):
        engine.place(UID, request_, NOW)

    assert not engine.drain()
    assert free(engine, "USDT") == to_units("100000")
    assert free(engine, "BTC") == to_units("10")


@pytest.mark.parametrize("status", [one for one in SymbolStatus if one != "TRADING"])
def test_symbol_that_does_not_trade_takes_no_order_but_cancels(status):
    engine = an_engine()
    order = engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    engine.market("BTCUSDT").status = status

    with pytest.raises(VenueError, match="Market is closed"):
        engine.place(UID, a_request("MARKET", "BUY", quantity="1"), NOW)

    assert [one.id for one in engine.cancel(order, NOW)] == [order.id]


def test_reset_cancels_everything_and_sets_the_balances():
    engine = an_engine()
    engine.place(UID, a_request("LIMIT", "BUY", quantity="1", price="49000"), NOW)
    engine.drain()

    engine.set_balances(UID, {"USDT": to_units("5")}, NOW)

    assert free(engine, "USDT") == to_units("5")
    assert free(engine, "BTC") == locked(engine, "USDT") == 0
    assert engine.open_orders(UID) == []
