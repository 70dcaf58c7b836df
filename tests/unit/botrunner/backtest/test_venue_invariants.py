"""Whatever a bot does in a backtest, the venue's money adds up and no fill leaves its candle."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from botcore.candles.bars import Bar
from botcore.candles.csv_file import Series
from botcore.domain.orders import Order, OrderType, Purpose, Side
from botcore.matching.numbers import SCALE
from botrunner.backtest.tape import Tape
from botrunner.backtest.venue import Fees, SimulatedVenue
from botrunner.trading.commands import CancelOrder
from botrunner.trading.events import OrderReported
from tests.support.trading import a_rule, rules

CENT = SCALE // 100
BEGIN_MS = 1_704_067_200_000
START = {"USDT": Decimal(5000), "BTC": Decimal("0.1")}

bars = st.lists(
    st.builds(
        lambda begin, end, above, below, volume: Bar(
            begin * CENT,
            (max(begin, end) + above) * CENT,
            (min(begin, end) - below) * CENT,
            end * CENT,
            volume * SCALE,
        ),
        st.integers(3_900_000, 4_100_000),
        st.integers(3_900_000, 4_100_000),
        st.integers(0, 50_000),
        st.integers(0, 50_000),
        st.integers(0, 20),
    ),
    min_size=3,
    max_size=12,
)
wishes = st.lists(
    st.tuples(
        st.integers(0, 11),
        st.sampled_from(("buy", "sell", "limit buy", "limit sell", "stop", "pair", "cancel")),
        st.integers(1, 9),
        st.integers(-40, 40),
    ),
    max_size=25,
)


class Trader:
    """Sends what it is told to, and keeps every fill the venue reports, once."""

    def __init__(self, tape: Tape, fees: Fees) -> None:
        self.venue = SimulatedVenue(tape, fees, START)
        self.tape = tape
        self.fills: dict[int, Any] = {}
        self.ids: list[str] = []

    def heard(self, events: list[Any]) -> None:
        for event in events:
            if isinstance(event, OrderReported):
                self.fills |= {fill.trade_id: fill for fill in event.fills}

    def order(self, kind: str, size: int, price: Decimal, last: Decimal) -> Order:
        self.ids.append(f"kb-{len(self.ids)}")
        values: dict[str, Any] = {
            "strategy": "trend", "symbol": "BTCUSDT", "client_order_id": self.ids[-1], "epoch": 1,
            "purpose": Purpose.ENTRY, "side": Side.SELL, "type": OrderType.MARKET,
            "quantity": Decimal(size) / 100, "venue_time": datetime(2024, 1, 1, tzinfo=UTC),
        }  # fmt: skip
        if "buy" in kind:
            values["side"] = Side.BUY
        if "limit" in kind:
            values |= {"type": OrderType.LIMIT, "price": price}
        if kind == "target":
            values |= {"type": OrderType.LIMIT_MAKER, "price": max(price, last + 100)}
        if kind == "stop":
            trigger = min(price, last - 100)
            values |= {
                "type": OrderType.STOP_LOSS_LIMIT,
                "stop_price": trigger,
                "price": trigger - 400,
            }
        return Order(**values)

    def wish(self, kind: str, size: int, offset: int, last: Decimal) -> None:
        price = last + offset * 25
        if kind == "cancel":
            for known in self.ids[-size:]:
                command = CancelOrder(symbol="BTCUSDT", client_order_id=known)
                self.heard(self.venue.cancel(command))
        elif kind == "pair":
            legs = [self.order(leg, size, price, last) for leg in ("target", "stop")]
            self.heard(self.venue.place(*legs))
        else:
            self.heard(self.venue.place(self.order(kind, size, price, last)))


def a_tape(found: list[Bar]) -> Tape:
    series = Series(symbol="BTCUSDT", interval="1m", begin_ms=BEGIN_MS, bars=found)
    return Tape([series], rules(a_rule()))


def played(found: list[Bar], wanted: list[tuple[int, str, int, int]]) -> Trader:
    tape = a_tape(found)
    trader = Trader(tape, Fees(maker=Decimal("0.0008"), taker=Decimal("0.001")))
    for index in range(tape.count):
        if not trader.venue.passes(index):
            for point in range(4):
                trader.heard(trader.venue.trade(index, point))
        bar = tape.markets["BTCUSDT"].bar(index)
        assert bar is not None
        for place, kind, size, offset in wanted:
            if place == index:
                trader.wish(kind, size, offset, Decimal(bar.close) / SCALE)
                assert min(trader.venue.balances().values()) >= 0
    return trader


@settings(max_examples=120, deadline=None)
@given(found=bars, wanted=wishes)
def test_balances_are_the_start_plus_every_fill_less_its_fee(
    found: list[Bar], wanted: list[tuple[int, str, int, int]]
) -> None:
    trader = played(found, wanted)

    owned = dict(START)
    for fill in trader.fills.values():
        sign = 1 if fill.side is Side.BUY else -1
        owned["BTC"] += sign * fill.quantity
        owned["USDT"] -= sign * fill.quote_quantity
        owned[fill.commission_asset] -= fill.commission
    assert trader.venue.balances() == owned
    assert min(owned.values()) >= 0


@settings(max_examples=120, deadline=None)
@given(found=bars, wanted=wishes)
def test_resting_orders_fill_within_their_candle_alone(
    found: list[Bar], wanted: list[tuple[int, str, int, int]]
) -> None:
    trader = played(found, wanted)

    for fill in trader.fills.values():
        since = fill.venue_time - datetime.fromtimestamp(BEGIN_MS / 1000, UTC)
        index, rest = divmod(since, timedelta(minutes=1))
        if not rest:  # taken at a close, from offers beside the price
            continue
        bar = trader.tape.markets["BTCUSDT"].bar(index)
        assert bar is not None
        spread = (
            bar.high // 50
        )  # a triggered stop takes from the ladder, which starts off the price
        assert bar.low - spread <= fill.price * SCALE <= bar.high + spread


@settings(max_examples=60, deadline=None)
@given(found=bars, wanted=wishes)
def test_same_wishes_get_the_same_fills_whether_candles_are_skipped_or_watched(
    found: list[Bar], wanted: list[tuple[int, str, int, int]]
) -> None:
    tape = a_tape(found)
    watched = Trader(tape, Fees(maker=Decimal("0.0008"), taker=Decimal("0.001")))
    for index in range(tape.count):
        for point in range(4):
            watched.heard(watched.venue.trade(index, point))
        bar = tape.markets["BTCUSDT"].bar(index)
        assert bar is not None
        for place, kind, size, offset in wanted:
            if place == index:
                watched.wish(kind, size, offset, Decimal(bar.close) / SCALE)

    skipped = played(found, wanted)

    assert list(watched.fills.values()) == list(skipped.fills.values())
    assert watched.venue.balances() == skipped.venue.balances()
