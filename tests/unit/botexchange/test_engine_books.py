"""What the market offers and how orders share it: ladders, given books, ticks."""

import pytest

from botcore.matching.numbers import to_units
from botcore.matching.orders import OrderStatus, Side
from botcore.matching.refusals import VenueError
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


def test_market_order_tells_its_life_as_documented():
    # Binance, MARKET orders FAQ: two trades, then the rest expires, then one balance event.
    engine = an_engine()
    engine.set_book(
        "BTCUSDT", [], [(to_units("50000"), to_units("0.2")), (to_units("50001"), to_units("0.2"))]
    )

    engine.place(UID, a_request("MARKET", "BUY", quantity="0.6"), NOW)

    changes = engine.drain()
    assert executions(changes) == [
        "NEW/NEW",
        "TRADE/PARTIALLY_FILLED",
        "TRADE/PARTIALLY_FILLED",
        "EXPIRED/EXPIRED",
        "balances",
    ]
    numbers = [report.execution_id for report in changes.reports[:-1]]
    assert numbers == sorted(set(numbers))
    assert [trade.price for trade in changes.trades] == [to_units("50000"), to_units("50001")]
    assert changes.reports[3].order.expiry_reason == "INSUFFICIENT_LIQUIDITY"


def test_quote_amount_beyond_the_book_expires_with_what_it_got():
    engine = an_engine()
    engine.set_book("BTCUSDT", [], [(to_units("50000"), to_units("0.2"))])

    order = engine.place(UID, a_request("MARKET", "BUY", quote_quantity="50000"), NOW)

    assert order.status is OrderStatus.EXPIRED
    assert (order.executed, order.quantity) == (to_units("0.2"), to_units("1"))
    assert locked(engine, "USDT") == 0


def test_orders_at_the_traded_price_share_its_quantity_oldest_first():
    engine = an_engine()
    engine.add_account(an_account(UID + 1))
    request = a_request("LIMIT", "BUY", quantity="0.5", price="49000")
    first, second = placed(engine, request), placed(engine, request)
    other = placed(engine, request, UID + 1)

    engine.move(a_tick("49000", at=NOW + 1, quantity="0.7"))

    changes = engine.drain()
    assert [form(changes, one).executed for one in (first, second, other)] == [
        to_units("0.5"),
        to_units("0.2"),
        to_units("0.5"),
    ]


def test_order_that_stands_beyond_the_market_after_it_acted_waits_for_the_next_tick():
    engine = an_engine(btc="1000")
    stop = a_request("STOP_LOSS_LIMIT", "SELL", quantity="100", stop_price="49000", price="48900")
    order = placed(engine, stop)

    engine.move(a_tick("48950", at=NOW + 1, quantity="1000"))

    newest = form(engine.drain(), order)
    assert newest.status is OrderStatus.PARTIALLY_FILLED
    engine.move(a_tick("48950", at=NOW + 2, quantity="1000"))
    assert form(engine.drain(), order).status is OrderStatus.FILLED


def test_thin_book_offers_less_to_computed_and_given_ladders():
    engine = an_engine()
    market = engine.market("BTCUSDT")
    usual = market.offers(Side.BUY)

    market.thinness = 4
    thin = market.offers(Side.BUY)
    engine.set_book("BTCUSDT", [], [(to_units("50000"), to_units("2"))])

    assert [price for price, _ in thin] == [price for price, _ in usual]
    assert all(few <= many // 4 for (_, few), (_, many) in zip(thin, usual, strict=True))
    assert market.offers(Side.BUY) == [(to_units("50000"), to_units("0.5"))]


def test_given_book_replaces_the_ladder_until_it_is_taken_back():
    engine = an_engine()
    computed = engine.market("BTCUSDT").offers(Side.SELL)

    engine.set_book(
        "BTCUSDT", [(to_units("49990"), to_units("5"))], [(to_units("49995"), to_units("5"))]
    )
    order = engine.place(UID, a_request("MARKET", "SELL", quantity="1"), NOW)
    assert order.quote_executed == to_units("49990")

    engine.set_book("BTCUSDT", None, None)
    assert engine.market("BTCUSDT").offers(Side.SELL) == computed


def test_disabled_account_places_nothing_but_cancels():
    engine = an_engine()
    order = placed(engine, a_request("LIMIT", "BUY", quantity="1", price="49000"))
    engine.accounts[UID].can_trade = False

    with pytest.raises(VenueError, match="may not place or cancel"):
        engine.place(UID, a_request("MARKET", "BUY", quantity="0.1"), NOW)

    assert engine.cancel(order, NOW)


def test_transfer_moves_what_is_free():
    engine = an_engine()
    placed(engine, a_request("LIMIT", "BUY", quantity="1", price="49000"))

    engine.transfer(UID, "USDT", -to_units("51000"), NOW)
    engine.transfer(UID, "ETH", to_units("2"), NOW)

    assert executions(engine.drain()) == ["balances", "balances"]
    assert free(engine, "USDT") == 0
    assert free(engine, "ETH") == to_units("2")
    with pytest.raises(VenueError, match="insufficient balance"):
        engine.transfer(UID, "USDT", -1, NOW)


def test_iceberg_takes_and_rests_like_any_order():
    engine = an_engine()
    request = a_request("LIMIT", "SELL", quantity="5", price="49990", iceberg_quantity="0.1")

    order = engine.place(UID, request, NOW)

    assert order.status is OrderStatus.PARTIALLY_FILLED
    assert order.iceberg_quantity == to_units("0.1")
    engine.move(a_tick("50001", at=NOW + 1))
    assert engine.open_orders(UID) == []
