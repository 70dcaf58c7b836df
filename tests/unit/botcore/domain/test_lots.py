"""First in, first out; money is conserved to the last digit that Decimal keeps."""

from datetime import timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from botcore.domain.lots import SubBook, book
from botcore.domain.orders import Fill, Side
from tests.support.trading import START


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


def booked(*fills: Fill) -> SubBook:
    held = SubBook(strategy="trend", symbol="BTCUSDT")
    for fill in fills:
        held = book(held, fill, base_asset="BTC", quote_asset="USDT").sub_book
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


def test_fee_in_another_asset_changes_neither() -> None:
    held = booked(a_trade(Side.BUY, "1", "100", "0.01", "BNB"))

    assert (held.quantity, held.cost_quote) == (1, 100)  # TR-16


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


@given(trades)
def test_money_and_coins_are_conserved(
    drawn: list[tuple[bool, Decimal, Decimal, str]],
) -> None:
    held = booked()
    paid = earned = coins = Decimal(0)
    for is_buy, quantity, price, asset in drawn:
        amount = quantity if is_buy else min(quantity, held.quantity)
        if amount <= 0 or (asset == "BTC" and not is_buy):
            continue
        fee = (amount if asset == "BTC" else amount * price) / 1000
        side = Side.BUY if is_buy else Side.SELL
        held = book(
            held,
            a_trade(side, str(amount), str(price), str(fee), asset),
            base_asset="BTC",
            quote_asset="USDT",
        ).sub_book
        in_quote = fee if asset == "USDT" else 0
        paid += amount * price + in_quote if is_buy else 0
        earned += 0 if is_buy else amount * price - in_quote
        coins += (amount - (fee if asset == "BTC" else 0)) if is_buy else -amount

    assert held.quantity == coins
    assert all(lot.remaining > 0 for lot in held.lots)
    # Realised profit and what is still invested explain every unit of quote asset.
    assert abs((earned - paid) - (held.realized_quote - held.cost_quote)) < Decimal("1E-15")
