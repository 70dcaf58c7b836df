"""The grid: the orders follow from the holding alone, fit the filters and earn one line per round trip."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botcore.domain.orders import Side
from botcore.resources.strategy_params import GridParams, Spacing
from botrunner.trading.strategies.base import Advice, Holding, Quote, Signal, View
from botrunner.trading.strategies.registry import advise
from tests.support.trading import a_candle, an_instrument

NOTHING = Holding(quantity=Decimal(0), average_cost=Decimal(0))
INSTRUMENT = an_instrument()
GRID = GridParams(lower_price=Decimal(90), upper_price=Decimal(110), grids=10)
CAPITAL = Decimal(1000)
EACH = Decimal(99)
"""Quote asset per grid: a hundredth of the capital stays back (TR-31)."""


def asked(
    close: str,
    holding: Holding = NOTHING,
    *,
    params: GridParams = GRID,
    state: object = None,
    **view: object,
) -> Advice:
    seen = View(holding=holding, capital=CAPITAL, instrument=INSTRUMENT, holdings={}, marks={})
    return advise(params, state, a_candle(0, close), replace(seen, **view))


def held(quantity: Decimal, cost: str = "100") -> Holding:
    return Holding(quantity=quantity, average_cost=Decimal(cost))


def prices(advice: Advice, side: Side) -> list[Decimal]:
    assert advice.quotes is not None
    return [quote.price for quote in advice.quotes if quote.side is side]


def of_part(price: str) -> Decimal:
    return EACH / Decimal(price) // Decimal("0.00001") * Decimal("0.00001")


def test_start_above_the_range_buys_below_and_holds_nothing() -> None:
    advice = asked("115")

    assert advice.signal is Signal.HOLD
    assert prices(advice, Side.BUY) == [Decimal(p) for p in range(90, 110, 2)]
    assert prices(advice, Side.SELL) == []
    assert advice.reason.startswith("price is above the grid's highest line 110")


def test_start_inside_buys_the_parts_above_the_price_at_the_market() -> None:
    advice = asked("101")

    assert advice.signal is Signal.ENTER
    assert advice.spend == sum(of_part(p) for p in ("102", "104", "106", "108")) * 101
    assert prices(advice, Side.BUY) == [Decimal(p) for p in (90, 92, 94, 96, 98, 100)]


def test_start_below_the_range_buys_nothing() -> None:
    advice = asked("90")

    assert (advice.signal, advice.quotes) == (Signal.HOLD, ())
    assert advice.reason.startswith("price is at or below the grid's lowest line 90")


def test_what_is_held_rests_for_sale_one_line_above_its_own() -> None:
    holding = held(of_part("108") + of_part("106") + of_part("104"))

    advice = asked("103", holding)

    assert advice.signal is Signal.HOLD
    assert prices(advice, Side.SELL) == [Decimal(106), Decimal(108), Decimal(110)]
    assert prices(advice, Side.BUY) == [Decimal(p) for p in (90, 92, 94, 96, 98, 100, 102)]


def test_partly_filled_part_buys_the_rest_and_sells_what_it_got() -> None:
    """TR-12: what is held is what was filled."""
    half = of_part("106") / 2

    advice = asked("107", held(of_part("108") + half))

    assert advice.quotes is not None
    lowest_sale = next(quote for quote in advice.quotes if quote.side is Side.SELL)
    assert lowest_sale == Quote(side=Side.SELL, price=Decimal(108), quantity=Decimal("0.46698"))
    assert half - lowest_sale.quantity < Decimal("0.00001")
    assert advice.quotes[-3] == Quote(
        side=Side.BUY, price=Decimal(106), quantity=Decimal("0.46698")
    )


def test_line_already_passed_is_sold_at_the_close_and_not_given_away() -> None:
    advice = asked("109.005", held(of_part("108") + of_part("106")))

    assert prices(advice, Side.SELL) == [Decimal("109.01"), Decimal(110)]


def test_geometric_lines_lie_the_same_percentage_apart() -> None:
    params = GridParams(
        lower_price=Decimal(100), upper_price=Decimal(400), grids=2, spacing=Spacing.GEOMETRIC
    )

    assert prices(asked("500", params=params), Side.BUY) == [Decimal(100), Decimal(200)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"instrument": None}, "BTCUSDT is not trading"),
        (
            {"capital": Decimal(50)},
            "the capital of each grid, 4.95, is below the least order of 5.25",
        ),
        (
            {"instrument": an_instrument(tick_size=Decimal(5))},
            "the lines lie closer than one tick of 5",
        ),
        (
            {"instrument": an_instrument(step_size=Decimal(1))},
            "the capital of each grid, 99.00, is too little for the steps of BTCUSDT",
        ),
    ],
)
def test_grid_that_can_not_be_says_why(change: dict[str, object], reason: str) -> None:
    advice = asked("100", **change)

    assert (advice.signal, advice.quotes, advice.reason) == (Signal.HOLD, (), reason)


def test_capital_that_losses_have_used_buys_the_nearest_lines_only() -> None:
    # 900 of 1000 are bound in what is held, dearer than the grid would have bought it.
    advice = asked("103", held(Decimal(3), "300"))

    assert prices(advice, Side.BUY) == [Decimal(102)]


@dataclass
class Market:
    """Fills what rests, as the exchange does: a buy when the price falls to it, a sale when it rises."""

    quantity: Decimal = Decimal(0)
    cash: Decimal = CAPITAL
    state: object = None
    quotes: tuple[Quote, ...] = ()
    trades: list[tuple[Side, Decimal]] = field(default_factory=list)

    def move(self, close: str, *, forget: bool = False) -> Advice:
        price = Decimal(close)
        for quote in self.quotes:
            reached = price <= quote.price if quote.side is Side.BUY else price >= quote.price
            if reached:
                self._book(quote.side, quote.price, quote.quantity)
        spent = (CAPITAL - self.cash) / self.quantity if self.quantity else Decimal(0)
        # A restarted bot remembers nothing and must want the same (TR-37).
        advice = asked(
            close,
            Holding(quantity=self.quantity, average_cost=max(spent, Decimal(0))),
            state=None if forget else self.state,
        )
        assert advice.quotes is not None
        self.state, self.quotes = advice.state, advice.quotes
        if advice.spend is not None:
            self._book(Side.BUY, price, advice.spend / price)
        return advice

    def _book(self, side: Side, price: Decimal, quantity: Decimal) -> None:
        sign = 1 if side is Side.BUY else -1
        self.quantity += sign * quantity
        self.cash -= sign * quantity * price
        self.trades.append((side, price))


def test_round_trip_earns_one_line_each_time() -> None:
    market = Market()
    for close in ("101", "99", "101", "103", "101", "99"):
        market.move(close)

    assert market.trades == [
        (Side.BUY, Decimal(101)),
        (Side.BUY, Decimal(100)),
        (Side.SELL, Decimal(102)),
        (Side.BUY, Decimal(100)),
    ]


closes = st.lists(st.decimals("80", "120", places=2), min_size=1, max_size=40)


@given(closes)
@settings(deadline=None, max_examples=60)
def test_restart_at_every_candle_trades_the_same(path: list[Decimal]) -> None:
    """TR-37: level-triggered, so a grid without its memory wants exactly the same orders."""
    steady, forgetful = Market(), Market()

    for close in path:
        kept, fresh = steady.move(str(close)), forgetful.move(str(close), forget=True)
        assert (kept.signal, kept.spend, kept.quotes) == (fresh.signal, fresh.spend, fresh.quotes)
    assert steady.trades == forgetful.trades


@given(closes)
@settings(deadline=None, max_examples=60)
def test_grid_never_spends_more_than_its_capital_nor_sells_below_its_line(
    path: list[Decimal],
) -> None:
    market = Market()

    for close in path:
        advice = market.move(str(close))
        buys = [quote for quote in market.quotes if quote.side is Side.BUY]
        assert sum(quote.price * quote.quantity for quote in buys) <= market.cash
        assert all(quote.price < close for quote in buys)
        assert all(q.price >= close for q in market.quotes if q.side is Side.SELL)
        assert sum(q.quantity for q in market.quotes if q.side is Side.SELL) <= market.quantity
        assert advice.reason


@given(closes)
@settings(deadline=None, max_examples=60)
def test_price_that_comes_back_leaves_a_profit(path: list[Decimal]) -> None:
    """Without fees a grid that ends where it is empty has lost nothing."""
    market = Market()

    for close in (*path, Decimal(111), Decimal(111)):
        market.move(str(close))

    assert market.quantity < Decimal("0.001")
    assert market.cash >= CAPITAL
