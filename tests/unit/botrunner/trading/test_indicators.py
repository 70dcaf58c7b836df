"""Every indicator agrees with two independent libraries: talipp, and TA-Lib, on seeded and edge data."""

import math
from dataclasses import FrozenInstanceError, fields
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
import talib
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from talipp.indicators import ATR, BB, EMA, MACD, RSI, SuperTrend
from talipp.ohlcv import OHLCV

from botrunner.trading.indicators import Bollinger, EmaPair, Macd, Rsi, Supertrend
from tests.support.trading import a_candle, walked

FLAT = [Decimal(7)] * 80
STEP = [Decimal("0.01")] * 40 + [Decimal(100_000)] * 40
SAW = [Decimal(100 + (n % 2)) for n in range(80)]
prices = st.lists(st.decimals("0.01", 10**5, places=2), min_size=60, max_size=120)
lengths = st.integers(2, 20)
near = pytest.approx


def every(indicator, values):
    return [indicator := indicator.after(value) for value in values]


def floats(values):
    return np.array([float(value) for value in values])


def known(value: float) -> bool:
    return not math.isnan(value)


@given(prices, lengths, lengths)
@example(FLAT, 3, 5)
@example(STEP, 3, 20)
@settings(deadline=None, max_examples=30)
def test_averages_agree_with_both(values, fast, slow):
    assume(fast < slow)
    ours = every(EmaPair(fast, slow), values)

    for length, level in ((fast, "fast"), (slow, "slow")):
        talipp = EMA(period=length, input_values=list(floats(values)))
        ta_lib = talib.EMA(floats(values), timeperiod=length)
        for number, one in enumerate(ours[length - 1 :], length - 1):
            assert getattr(one, level) == near(talipp[number], rel=1e-9)
            assert getattr(one, level) == near(ta_lib[number], rel=1e-9)
    assert [one.missing for one in ours[: slow + 1]] == [*range(slow - 1, -1, -1), 0]


@given(prices, lengths, lengths, lengths)
@example(FLAT, 3, 5, 4)
@example(STEP, 3, 20, 9)
@settings(deadline=None, max_examples=30)
def test_macd_agrees_with_both(values, fast, slow, signal):
    assume(fast < slow)
    ours = every(Macd(fast, slow, signal), values)
    size = float(max(values))

    talipp = MACD(fast, slow, signal, input_values=list(floats(values)))
    line = talib.EMA(floats(values), fast) - talib.EMA(floats(values), slow)
    average = talib.EMA(line[slow - 1 :], signal)
    for number, one in enumerate(ours):
        assert (one.missing == 0) == (
            talipp[number] is not None and talipp[number].signal is not None
        )
        if not one.missing:
            assert one.line == near(talipp[number].macd, abs=size * 1e-12)
            assert one.signal == near(talipp[number].signal, abs=size * 1e-12)
            assert one.line == near(line[number], abs=size * 1e-12)
            assert one.signal == near(average[number - slow + 1], abs=size * 1e-12)


def test_macd_forgets_the_other_seed_of_ta_libs_own():
    values = walked(600)

    line, signal, _ = talib.MACD(floats(values), 12, 26, 9)

    last = every(Macd(12, 26, 9), values)[-1]
    assert last.line == near(line[-1], rel=1e-9)
    assert last.signal == near(signal[-1], rel=1e-9)


@given(prices, lengths)
@example(STEP, 14)
@example(SAW, 2)
@settings(deadline=None, max_examples=30)
def test_rsi_agrees_with_both(values, length):
    ours = every(Rsi(length), values)
    talipp = RSI(period=length, input_values=list(floats(values)))
    ta_lib = talib.RSI(floats(values), timeperiod=length)

    for number, one in enumerate(ours):
        assert (one.missing == 0) == known(ta_lib[number])
        if not one.missing and one.gain + one.loss:  # they differ over a price that never moved
            assert one.level == near(ta_lib[number], abs=1e-6)
            # talipp seeds with one change less, so it agrees once that is forgotten.
            forgotten = (1 - 1 / length) ** (number - length)
            assert one.level == near(talipp[number], abs=1e-6 + 100 * length * forgotten)


def test_rsi_agrees_with_talipp_once_the_seed_is_forgotten():
    values = walked(600)

    talipp = RSI(period=14, input_values=list(floats(values)))

    assert every(Rsi(14), values)[-1].level == near(talipp[-1], abs=1e-9)


def test_rsi_of_a_price_that_never_moved_is_in_the_middle():
    assert every(Rsi(3), FLAT)[-1].level == 50.0


@given(prices, lengths, st.decimals("0.5", "4", places=1))
@example(FLAT, 20, Decimal(2))
@example(STEP, 20, Decimal(2))
@settings(deadline=None, max_examples=30)
def test_bollinger_agrees_with_both(values, length, deviations):
    ours = every(Bollinger.of(length, deviations), values)
    factor, size = float(deviations), float(max(values))
    talipp = BB(length, factor, input_values=list(floats(values)))
    upper, middle, lower = talib.BBANDS(
        floats(values), timeperiod=length, nbdevup=factor, nbdevdn=factor
    )

    for number, one in enumerate(ours):
        assert (one.missing == 0) == known(middle[number])
        if not one.missing:
            for level, theirs in zip(("lower", "middle", "upper"), ("lb", "cb", "ub"), strict=True):
                assert getattr(one, level) == near(getattr(talipp[number], theirs), abs=size * 1e-7)
            # TA-Lib subtracts squares that are nearly equal, which leaves it half the digits.
            for level, theirs in (("lower", lower), ("middle", middle), ("upper", upper)):
                assert getattr(one, level) == near(theirs[number], abs=size * 1e-5)


@given(st.decimals("0.00000001", 10**6, places=8), lengths, st.decimals("0.1", "4", places=1))
def test_bollinger_of_equal_prices_is_no_band_to_fall_through(price, length, deviations):
    last = every(Bollinger.of(length, deviations), [price] * (length + 5))[-1]

    assert last.lower == last.upper == float(price)
    assert not last.is_below_lower


def test_bollinger_keeps_nothing_of_a_price_that_left_the_window():
    calm = walked(20)

    after_shock = every(Bollinger.of(20, Decimal(2)), [Decimal(10**12), *calm])[-1]

    assert after_shock == every(Bollinger.of(20, Decimal(2)), calm)[-1]


@st.composite
def candles(draw):
    made = []
    for minute in range(draw(st.integers(60, 100))):
        close = draw(st.decimals("1", 10**4, places=2))
        up, down = (
            draw(st.decimals("0.01", 50, places=2)),
            draw(st.decimals("0.01", "0.9", places=2)),
        )
        made.append(a_candle(minute, str(close), high=str(close + up), low=str(close - down)))
    return made


def ranges_of(made, length):
    """TA-Lib's average true range; a candle before the first makes its range high - low, as ours."""
    high, low, close = (
        floats([getattr(one, part) for one in made]) for part in ("high", "low", "close")
    )
    first = [low[0]]
    found = talib.ATR(np.r_[first, high], np.r_[first, low], np.r_[first, close], timeperiod=length)
    return found[1:]


def lines_of(made, ranges, multiplier):
    """The textbook's supertrend over given ranges, as two lists and a direction."""
    upper = lower = 0.0
    is_up, told = False, []
    for before, now, reach in zip([None, *made], made, ranges, strict=False):
        if before is None or not known(reach) or not told:
            told += [None] if known(reach) else []
            continue
        middle, close = (float(now.high) + float(now.low)) / 2, float(before.close)
        highest, lowest = middle + multiplier * reach, middle - multiplier * reach
        upper = highest if highest < upper or close > upper else upper
        lower = lowest if lowest > lower or close < lower else lower
        is_up = float(now.close) >= lower if is_up else float(now.close) > upper
        told.append((lower if is_up else upper, is_up))
    return told


@given(candles(), lengths, st.decimals("0.5", "4", places=1))
@settings(deadline=None, max_examples=25)
def test_supertrend_agrees_with_both(made, length, multiplier):
    ours = every(Supertrend.of(length, multiplier), made)
    bars = [OHLCV(float(c.open), float(c.high), float(c.low), float(c.close)) for c in made]
    ranges = ranges_of(made, length)
    talipp_ranges = ATR(length, input_values=bars)
    talipp = SuperTrend(length, float(multiplier), input_values=bars)
    textbook = lines_of(made, ranges, float(multiplier))

    for number in range(length - 1, len(made)):
        assert ours[number].true_range == near(ranges[number], rel=1e-9)
        assert ours[number].true_range == near(talipp_ranges[number], rel=1e-9)
    for one, theirs, spelled in zip(ours[length:], talipp[length:], textbook[1:], strict=True):
        assert one.line == near(theirs.value, rel=1e-9)
        assert (one.line, one.is_up) == (near(spelled[0], rel=1e-9), spelled[1])
    assert [one.missing for one in ours[: length + 2]] == [*range(length, -1, -1), 0]


def test_supertrend_turns_both_ways_on_a_walk():
    closes = walked(3000)
    reach = Decimal("0.5")
    made = [
        a_candle(n, str(close), high=str(close + reach), low=str(close - reach))
        for n, close in enumerate(closes)
    ]

    turns = [
        now.is_up
        for before, now in pairwise(every(Supertrend.of(10, Decimal(3)), made))
        if before.is_up != now.is_up
    ]

    assert turns.count(True) > 5
    assert turns.count(False) > 5


@pytest.mark.parametrize(
    "fresh",
    [EmaPair(3, 5), Macd(3, 5, 4), Rsi(5), Bollinger.of(5, Decimal(2))],
    ids=lambda one: type(one).__name__,
)
def test_an_indicator_never_changes(fresh):
    first = fresh.after(Decimal(10))

    assert first is not fresh
    assert first == fresh.after(Decimal(10))
    for one in fields(first):
        with pytest.raises(FrozenInstanceError):
            setattr(first, one.name, 3)
