"""The seeded market: the same question has always one answer, and all intervals agree."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from botexchange.market.candles import Bar, merge
from botexchange.market.intervals import DAY_MS, INTERVALS, MINUTE_MS, open_after, open_of
from botexchange.market.source import CandleRange
from botexchange.market.synthetic import SyntheticSource
from botexchange.market.tree import draws, path, split
from botexchange.matching.numbers import to_units

NOW = 1_732_320_061_234
HOUR = 3_600_000


def candles(source, interval, first, last, *, at=NOW, symbol="BTCUSDT"):
    return source.candles(
        CandleRange(symbol=symbol, interval=interval, first_ms=first, last_ms=last, position_ms=at)
    )


def test_same_seed_gives_the_same_market():
    one, other = SyntheticSource(7), SyntheticSource(7)

    assert list(one.ticks(NOW, NOW + 60_000)) == list(other.ticks(NOW, NOW + 60_000))
    assert candles(one, "1h", NOW - DAY_MS, NOW) == candles(other, "1h", NOW - DAY_MS, NOW)


def test_another_seed_gives_another_market():
    assert candles(SyntheticSource(7), "1h", NOW - DAY_MS, NOW) != candles(
        SyntheticSource(8), "1h", NOW - DAY_MS, NOW
    )


@pytest.mark.parametrize("interval", [name for name in INTERVALS if name != "1M"])
def test_a_thousand_closed_candles_are_there_at_the_start(interval):
    found = candles(SyntheticSource(7), interval, NOW - 1_001 * INTERVALS[interval], NOW)

    closed = [candle for candle in found if candle.close_ms < NOW]
    assert len(closed) >= 1_000
    for candle, after in itertools.pairwise(closed):
        assert open_after(interval, candle.open_ms) == after.open_ms == candle.close_ms + 1
        assert candle.bar.close == after.bar.open


@pytest.mark.parametrize(("long", "short"), [("1d", "1h"), ("1h", "1m"), ("4h", "30m")])
@pytest.mark.parametrize("is_shocked", [False, True])
def test_long_candles_are_their_short_ones(long, short, is_shocked):
    shocks = (("BTCUSDT", NOW - 90 * MINUTE_MS + 17, 950_000),) if is_shocked else ()
    source = SyntheticSource(7, shocks)

    for candle in candles(source, long, NOW - 2 * DAY_MS, NOW):
        parts = candles(source, short, candle.open_ms, candle.close_ms)
        assert candle.bar == merge(part.bar for part in parts)
        assert candle.trades == sum(part.trades for part in parts)


def test_candle_is_made_of_its_trades():
    source = SyntheticSource(7)
    begin = open_of("1m", NOW - HOUR)
    for candle in candles(source, "1m", begin, begin + 10 * MINUTE_MS):
        ticks = [
            tick
            for tick in source.ticks(candle.open_ms - 1, candle.close_ms)
            if tick.symbol == "BTCUSDT"
        ]

        assert merge(Bar(t.price, t.price, t.price, t.price, t.quantity) for t in ticks) == (
            candle.bar
        )
        assert len(ticks) == candle.trades


def test_unfinished_candle_grows_into_the_finished_one():
    source = SyntheticSource(7)
    begin = open_of("1h", NOW)
    (early,) = candles(source, "1h", begin, begin, at=begin + 20 * MINUTE_MS)
    (late,) = candles(source, "1h", begin, begin, at=begin + HOUR - 1)
    (closed,) = candles(source, "1h", begin, begin, at=begin + DAY_MS)

    assert early.bar.volume < late.bar.volume
    assert early.bar.high <= late.bar.high
    assert late == closed


def test_shock_moves_the_price_from_its_moment_on():
    calm, shocked = SyntheticSource(7), SyntheticSource(7, (("BTCUSDT", NOW, 900_000),))

    def price(source, at, symbol="BTCUSDT"):
        return source.last(symbol, at).price

    assert price(shocked, NOW - 2_000) == price(calm, NOW - 2_000)
    after = price(calm, NOW + 2_000)
    assert abs(price(shocked, NOW + 2_000) - after * 9 // 10) <= 1_000_000
    assert price(shocked, NOW + 2_000, "ETHUSDT") == price(calm, NOW + 2_000, "ETHUSDT")
    jumps = [t for t in shocked.ticks(NOW - 10_000, NOW + 10_000) if t.is_jump]
    assert [(tick.symbol, tick.time_ms) for tick in jumps] == [("BTCUSDT", 1_732_320_062_000)]


def test_price_stays_near_its_reference_for_decades():
    source = SyntheticSource(7)
    found = candles(source, "1w", 0, NOW, symbol="ADAUSDT")

    assert all(
        to_units("0.2") < bar.low and bar.high < to_units("0.9")
        for bar in (candle.bar for candle in found)
    )


def test_averages_cross_often_enough_for_a_demo():
    for interval in ("1m", "5m", "1h"):
        found = candles(SyntheticSource(7), interval, NOW - 1_000 * INTERVALS[interval], NOW)
        fast = slow = found[0].bar.close
        signs = []
        for candle in found:
            fast += (candle.bar.close - fast) * 2 // 13
            slow += (candle.bar.close - slow) * 2 // 49
            signs.append(fast > slow)
        crosses = sum(before != after for before, after in itertools.pairwise(signs))
        assert crosses >= 15, interval


bars = st.builds(
    lambda low, parts, volume: Bar(low + parts[0], low + sum(parts), low, low + parts[1], volume),
    st.integers(10**6, 10**12),
    st.tuples(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9)),
    st.integers(0, 10**9),
)


@settings(deadline=None)
@given(bars, st.sampled_from([3, 4, 5, 6]), st.integers(0, 1_000))
def test_a_split_bar_adds_up_to_itself(bar, parts, key):
    children = split(bar, parts, draws(1, "key", key))

    assert len(children) == parts
    assert merge(children) == bar
    for child in children:
        assert child.low <= min(child.open, child.close)
        assert child.high >= max(child.open, child.close)


@settings(deadline=None)
@given(bars, st.integers(0, 1_000))
def test_a_path_visits_all_of_its_bar(bar, key):
    trades = path(bar, 30, draws(1, "path", key))

    assert len(trades) == 30
    assert merge(Bar(p, p, p, p, volume) for p, volume in trades) == bar
