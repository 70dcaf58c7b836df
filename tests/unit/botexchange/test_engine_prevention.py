"""An account that meets its own resting order (Binance: STP FAQ, scenarios A to G)."""

import pytest

from botcore.matching.lists import OcoRequest
from botcore.matching.numbers import to_units
from botcore.matching.orders import OrderStatus, Prevention
from botcore.matching.refusals import VenueError
from botcore.matching.reports import Execution, ExecutionReport
from tests.unit.botexchange.builders import (
    NOW,
    UID,
    a_request,
    a_tick,
    an_account,
    an_engine,
    executions,
    form,
    free,
    locked,
    placed,
)

# Between the market's best bid (49 999) and best ask (50 001).
PRICE = "50000"


def maker(engine, quantity="1", price=PRICE, side="BUY"):
    return placed(engine, a_request("LIMIT", side, quantity=quantity, price=price))


def take(engine, mode, quantity, kind="LIMIT", **more):
    if kind == "LIMIT":
        more.setdefault("price", PRICE)
    request = a_request(kind, "SELL", quantity=quantity, prevention=mode, **more)
    order = engine.place(UID, request, NOW)
    return order, engine.drain()


def prevented_of(changes):
    return [
        report.order.id
        for report in changes.reports
        if isinstance(report, ExecutionReport) and report.execution is Execution.TRADE_PREVENTION
    ]


def test_without_prevention_both_sides_trade_at_the_makers_price():
    engine = an_engine(fee="0.001")
    resting = maker(engine)

    order, changes = take(engine, "NONE", "1", price="49999.5")

    assert order.status is OrderStatus.FILLED
    assert form(changes, resting).status is OrderStatus.FILLED
    assert [(trade.maker, trade.price) for trade in changes.trades] == [
        (False, to_units(PRICE)),
        (True, to_units(PRICE)),
    ]
    assert free(engine, "USDT") == to_units("100000") - to_units("50")
    assert free(engine, "BTC") == to_units("10") - to_units("0.001")
    assert locked(engine, "USDT") == locked(engine, "BTC") == 0


def test_expire_maker_clears_the_own_orders_and_trades_on_with_the_market():
    engine = an_engine(usdt="1000000")
    makers = [maker(engine, price=price) for price in ("50000", "49999.5", "49999")]

    order, changes = take(engine, "EXPIRE_MAKER", "0.1", price="49999")

    assert [form(changes, one).status for one in makers] == [OrderStatus.EXPIRED_IN_MATCH] * 3
    assert [form(changes, one).prevented_quantity for one in makers] == [to_units("1")] * 3
    assert prevented_of(changes) == [one.id for one in makers]
    assert order.status is OrderStatus.FILLED
    assert order.prevented_quantity == 0
    assert all(match.taker_prevented_quantity == 0 for match in changes.prevented)
    assert locked(engine, "USDT") == 0


def test_expire_maker_leaves_a_limit_taker_on_the_book():
    engine = an_engine()
    maker(engine)

    order, changes = take(engine, "EXPIRE_MAKER", "3")

    assert order.status is OrderStatus.NEW
    assert executions(changes) == ["NEW/NEW", "TRADE_PREVENTION/EXPIRED_IN_MATCH", "balances"]
    assert [one.id for one in engine.open_orders(UID)] == [order.id]


def test_expire_taker_ends_the_taker_alone():
    engine = an_engine()
    resting = maker(engine)

    order, changes = take(engine, "EXPIRE_TAKER", "3")

    (match,) = changes.prevented
    assert order.status is OrderStatus.EXPIRED_IN_MATCH
    assert order.prevented_quantity == match.taker_prevented_quantity == to_units("3")
    assert order.prevented_match_id == match.id
    assert match.maker_prevented_quantity == 0
    assert prevented_of(changes) == [order.id]
    assert engine.open_orders(UID) == [resting]
    assert locked(engine, "BTC") == 0


def test_expire_both_ends_both():
    engine = an_engine()
    resting = maker(engine)

    order, changes = take(engine, "EXPIRE_BOTH", "3")

    (match,) = changes.prevented
    assert (match.maker_prevented_quantity, match.taker_prevented_quantity) == (
        to_units("1"),
        to_units("3"),
    )
    assert prevented_of(changes) == [resting.id, order.id]
    assert engine.open_orders(UID) == []
    assert locked(engine, "BTC") == locked(engine, "USDT") == 0


@pytest.mark.parametrize(
    ("maker_quantity", "taker_quantity", "maker_status", "taker_status"),
    [
        ("1.5", "0.5", OrderStatus.NEW, OrderStatus.EXPIRED_IN_MATCH),
        ("0.5", "1.5", OrderStatus.EXPIRED_IN_MATCH, OrderStatus.NEW),
        ("1", "1", OrderStatus.EXPIRED_IN_MATCH, OrderStatus.EXPIRED_IN_MATCH),
    ],
)
def test_decrement_takes_the_smaller_quantity_off_both(
    maker_quantity, taker_quantity, maker_status, taker_status
):
    engine = an_engine()
    resting = maker(engine, maker_quantity)

    order, changes = take(engine, "DECREMENT", taker_quantity)

    smaller = min(to_units(maker_quantity), to_units(taker_quantity))
    left = form(changes, resting)
    assert (left.status, order.status) == (maker_status, taker_status)
    assert left.prevented_quantity == order.prevented_quantity == smaller
    assert locked(engine, "USDT") == left.hold(left.remaining) == left.locked
    assert locked(engine, "BTC") == order.remaining == order.locked


def test_decremented_order_fills_with_what_is_left_of_it():
    engine = an_engine()
    resting = maker(engine, "1.5")
    take(engine, "DECREMENT", "0.5")

    engine.move(a_tick("49000", at=NOW + 1))

    order = form(engine.drain(), resting)
    assert order.status is OrderStatus.FILLED
    assert order.executed == to_units("1")
    assert locked(engine, "USDT") == 0


def test_better_offers_of_the_market_are_taken_before_the_own_order():
    engine = an_engine()
    resting = maker(engine, price="49995")

    order, changes = take(engine, "EXPIRE_TAKER", "9", kind="MARKET")

    assert order.status is OrderStatus.EXPIRED_IN_MATCH
    assert {trade.price for trade in changes.trades} == {to_units("49999"), to_units("49996.5")}
    assert order.executed + order.prevented_quantity == to_units("9")
    assert engine.open_orders(UID) == [resting]


def test_own_order_comes_first_at_an_equal_price():
    engine = an_engine()
    maker(engine, price="49999")

    order, changes = take(engine, "EXPIRE_TAKER", "0.1", price="49999")

    assert order.status is OrderStatus.EXPIRED_IN_MATCH
    assert not changes.trades


def test_market_order_by_quote_amount_counts_what_was_prevented():
    engine = an_engine()
    maker(engine)

    request = a_request("MARKET", "SELL", quote_quantity="100000", prevention="DECREMENT")
    order = engine.place(UID, request, NOW)

    assert order.prevented_quantity == to_units("1")
    assert order.status is OrderStatus.FILLED
    assert order.executed + order.prevented_quantity == order.quantity
    assert to_units("49990") < order.quote_executed <= to_units("50000")


def test_fill_or_kill_is_not_filled_by_what_would_be_prevented():
    engine = an_engine()
    resting = maker(engine)

    order, changes = take(engine, "EXPIRE_MAKER", "1", price="50000", force="FOK")

    assert order.expiry_reason == "UNFILLED_FOK_ORDER_EXPIRED"
    assert not changes.prevented
    assert engine.open_orders(UID) == [resting]


def test_maker_only_order_does_not_take_the_own_order():
    engine = an_engine()
    maker(engine)

    with pytest.raises(VenueError, match="immediately match and take"):
        engine.place(UID, a_request("LIMIT_MAKER", "SELL", quantity="1", price=PRICE), NOW)


def test_orders_of_another_account_are_not_met():
    engine = an_engine()
    engine.add_account(an_account(UID + 1))
    resting = maker(engine)

    order = engine.place(
        UID + 1, a_request("LIMIT", "SELL", quantity="1", price=PRICE, prevention="NONE"), NOW
    )

    assert order.status is OrderStatus.NEW
    assert engine.open_orders(UID) == [resting]


@pytest.mark.parametrize("mode", list(Prevention))
def test_prevention_of_an_oco_leg_ends_the_other_leg(mode):
    engine = an_engine()
    above = a_request("STOP_LOSS_LIMIT", "BUY", quantity="1", stop_price="51000", price="51500")
    below = a_request("LIMIT_MAKER", "BUY", quantity="1", price="49999.5")
    stop, limit = engine.place_list(UID, OcoRequest(above=above, below=below), NOW)
    engine.drain()

    _, changes = take(engine, mode, "0.5", price="49999.5")

    if mode is Prevention.EXPIRE_TAKER:
        assert {one.id for one in engine.open_orders(UID)} == {stop.id, limit.id}
        return
    assert form(changes, stop).expiry_reason == "OCO_TRIGGER"
    held = sum(one.locked for one in engine.open_orders(UID) if one.side == "BUY")
    assert locked(engine, "USDT") == held
    assert held == (
        form(changes, limit).hold(to_units("0.5")) if form(changes, limit).is_open else 0
    )


def test_own_order_beyond_the_whole_ladder_is_met_last():
    engine = an_engine()
    engine.set_book("BTCUSDT", [(to_units("49999"), to_units("1"))], [])
    resting = maker(engine, price="49000")

    order, changes = take(engine, "DECREMENT", "3", kind="MARKET")

    assert (order.executed, order.prevented_quantity) == (to_units("1"), to_units("1"))
    assert order.expiry_reason == "INSUFFICIENT_LIQUIDITY"
    assert form(changes, resting).status is OrderStatus.EXPIRED_IN_MATCH
