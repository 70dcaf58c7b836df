"""First in, first out; money is conserved to the last digit that Decimal keeps."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.domain.account_book import fill_changes
from botcore.domain.lots import Booking, SubBook, book, is_dust, write_off
from botcore.domain.orders import Fill, Side
from tests.support.trading import START, an_instrument


def a_trade(side: Side, quantity: str, price: str, fee: str = "0", asset: str = "USDT") -> Fill:
    trade_id = next(_ids)
    return Fill(
        symbol="BTCUSDT",
        trade_id=trade_id,
        exchange_order_id=1,
        side=side,
        price=Decimal(price),
        quantity=Decimal(quantity),
        quote_quantity=Decimal(quantity) * Decimal(price),
        commission=Decimal(fee),
        commission_asset=asset,
        venue_time=START + timedelta(seconds=trade_id),
    )


_ids = iter(range(1, 10**9))


def booking_of(held: SubBook, fill: Fill, rate: str | None = None) -> Booking:
    return book(
        held,
        fill,
        base_asset="BTC",
        quote_asset="USDT",
        fee_rate=None if rate is None else Decimal(rate),
    )


def booked(*fills: Fill, rate: str | None = None) -> SubBook:
    held = SubBook(strategy="trend", symbol="BTCUSDT")
    for fill in fills:
        held = booking_of(held, fill, rate).sub_book
    return held


def test_sale_takes_the_oldest_lot_first() -> None:
    held = booked(
        a_trade(Side.BUY, "1", "100"),
        a_trade(Side.BUY, "1", "200"),
        a_trade(Side.SELL, "1.5", "300"),
    )

    assert [(lot.remaining, lot.unit_cost) for lot in held.lots] == [(Decimal("0.5"), 200)]
    assert held.realized_quote == Decimal(450 - 100 - 100)


def test_booking_tells_exactly_the_lots_that_changed() -> None:
    held = booked(a_trade(Side.BUY, "1", "100"), a_trade(Side.BUY, "1", "200"))

    first = book(held, a_trade(Side.SELL, "0.5", "300"), base_asset="BTC", quote_asset="USDT")

    assert [(lot.trade_id, lot.remaining) for lot in first.changed] == [
        (held.lots[0].trade_id, Decimal("0.5"))
    ]
    assert first.realized_quote == Decimal(100)
    bought = book(held, a_trade(Side.BUY, "1", "1"), base_asset="BTC", quote_asset="USDT")
    assert bought.realized_quote is None


def test_fee_in_base_asset_reduces_what_is_held_and_raises_its_cost() -> None:
    held = booked(a_trade(Side.BUY, "1", "100", "0.001", "BTC"))

    assert held.quantity == Decimal("0.999")  # TR-15
    assert abs(held.cost_quote - 100) < Decimal("1E-24")


def test_fee_in_quote_asset_raises_the_cost_and_lowers_the_proceeds() -> None:
    held = booked(a_trade(Side.BUY, "1", "100", "0.1"), a_trade(Side.SELL, "1", "110", "0.11"))

    assert held.lots == ()
    assert held.realized_quote == Decimal("9.79")  # 110 - 0.11 - 100.1


def test_fee_in_another_asset_costs_its_worth_and_no_quantity() -> None:
    held = booked(a_trade(Side.BUY, "1", "100", "0.001", "BNB"), rate="600")

    assert (held.quantity, held.cost_quote) == (1, Decimal("100.6"))  # TR-16
    sale = booking_of(held, a_trade(Side.SELL, "1", "110", "0.001", "BNB"), "700")
    assert sale.realized_quote == Decimal("8.7")  # 110 - 0.7 - 100.6
    assert sale.fee_quote == Decimal("0.7")


def test_fee_without_a_known_rate_is_marked_as_not_valued() -> None:
    one = booking_of(booked(), a_trade(Side.BUY, "1", "100", "0.01", "BNB"))

    assert (one.sub_book.quantity, one.sub_book.cost_quote) == (1, 100)  # TR-16
    assert one.fee_quote is None
    assert booking_of(booked(), a_trade(Side.BUY, "1", "100", "0", "")).fee_quote == 0


@pytest.mark.parametrize(
    ("fee", "asset", "rate", "share"),
    [("2.01", "USDT", None, "2.01%"), ("0.5", "BTC", None, "50.00%"), ("1", "BNB", "90", "90.00%")],
)
def test_fee_above_two_per_cent_is_not_booked_and_told_with_figures(
    fee: str, asset: str, rate: str | None, share: str
) -> None:
    one = booking_of(booked(), a_trade(Side.BUY, "1", "100", fee, asset), rate)

    assert (one.sub_book.quantity, one.sub_book.cost_quote) == (1, 100)  # TR-18
    assert one.fee_quote is None
    assert one.doubt.startswith("FeeSuspicious: ")
    assert f"{fee} {asset}, {share}" in one.doubt


def test_fee_of_two_per_cent_is_believed() -> None:
    one = booking_of(booked(), a_trade(Side.BUY, "1", "100", "2"))

    assert (one.sub_book.cost_quote, one.doubt) == (102, "")


def test_sale_of_more_than_is_held_is_told() -> None:
    held = booked(a_trade(Side.BUY, "1", "100"))

    one = booking_of(held, a_trade(Side.SELL, "1.5", "100"))

    assert one.sub_book.lots == ()
    assert one.doubt.startswith("BooksDisagree: ")
    assert "0.5 more than own lots" in one.doubt


def test_write_off_takes_the_oldest_lot_and_realises_its_cost() -> None:
    held = booked(a_trade(Side.BUY, "1", "100"), a_trade(Side.BUY, "1", "200"))

    gone = write_off(held, Decimal("0.02"))

    assert gone.sub_book.quantity == Decimal("1.98")  # TR-20
    assert gone.realized_quote == gone.sub_book.realized_quote == -2
    assert [lot.trade_id for lot in gone.changed] == [held.lots[0].trade_id]
    # The loss shows at once and once only, whatever the price.
    assert held.unrealized(Decimal(100)) - gone.sub_book.unrealized(Decimal(100)) == 0


def test_remainder_below_the_least_order_is_dust() -> None:
    held = booked(a_trade(Side.BUY, "0.0001", "100"))

    assert is_dust(held, an_instrument(), Decimal(100))  # TR-21: worth 0.01, least 5
    assert not is_dust(booked(a_trade(Side.BUY, "1", "100")), an_instrument(), Decimal(100))
    assert not is_dust(booked(), an_instrument(), Decimal(100))


def test_fees_of_several_assets_add_up_per_fill() -> None:
    held = booked(
        a_trade(Side.BUY, "1", "100", "0.001", "BTC"),
        a_trade(Side.BUY, "1", "100", "0.1", "USDT"),
        a_trade(Side.BUY, "1", "100", "0.01", "BNB"),
    )

    assert held.quantity == Decimal("2.999")  # TR-17
    assert abs(held.cost_quote - Decimal("300.1")) < Decimal("1E-24")


def test_open_profit_is_what_the_mark_makes_of_the_lots() -> None:
    held = booked(a_trade(Side.BUY, "2", "100"))

    assert held.unrealized(Decimal(90)) == Decimal(-20)
    assert booked().unrealized(Decimal(90)) == 0


trades = st.lists(
    st.tuples(
        st.booleans(),
        st.decimals("0.00001", 10, places=5),
        st.decimals("0.01", 10**5, places=2),
        st.sampled_from(["BTC", "USDT", "BNB"]),
    ),
    max_size=30,
)


@given(trades, st.sampled_from([None, "600"]))
def test_money_and_coins_are_conserved(
    drawn: list[tuple[bool, Decimal, Decimal, str]], rate: str | None
) -> None:
    held = booked()
    account = dict.fromkeys(("BTC", "USDT", "BNB"), Decimal(0))
    lost = bnb_cost = Decimal(0)
    for is_buy, quantity, price, asset in drawn:
        amount = quantity if is_buy else min(quantity, held.quantity / Decimal("1.001"))
        if amount <= 0:
            continue
        worth = amount * price / 1000
        fee = {"BTC": amount / 1000, "USDT": worth, "BNB": worth / 600}[asset]
        fill = a_trade(Side.BUY if is_buy else Side.SELL, str(amount), str(price), str(fee), asset)
        for changed, by in fill_changes(fill, "BTC", "USDT"):
            account[changed] += by
        one = booking_of(held, fill, rate)
        bnb_cost += (one.fee_quote or Decimal(0)) if asset == "BNB" else 0
        held = one.sub_book
        assert one.doubt == ""
        if worth > 10:  # now and then somebody takes a little
            gone = write_off(held, held.quantity / 100)
            lost += held.quantity - gone.sub_book.quantity
            held = gone.sub_book

    # SUM: what the account shows, and what was written off, is what the lots hold.
    assert abs(account["BTC"] - lost - held.quantity) < Decimal("1E-15")
    assert all(lot.remaining > 0 for lot in held.lots)
    # Realised profit and what is still invested explain every unit of quote asset, valued fees too.
    explained = held.realized_quote - held.cost_quote
    assert abs(account["USDT"] - bnb_cost - explained) < Decimal("1E-12")
