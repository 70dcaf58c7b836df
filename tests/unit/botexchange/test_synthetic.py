"""The seeded market: the same question has always one answer, and all intervals agree."""

import itertools
import math
import statistics

import pytest

from botcore.candles.bars import Stretch, join
from botcore.candles.catalogue import CATALOGUE
from botcore.candles.intervals import DAY_MS, INTERVALS, MINUTE_MS, open_after, open_of
from botcore.domain.errors import InvalidInput, NotAllowed
from botcore.matching.numbers import SCALE, to_units
from botexchange.market.source import CandleRange, Push
from botexchange.market.synthetic import SyntheticSource

NOW = 1_732_320_061_234
HOUR = 3_600_000


def candles(source, interval, first, last, *, at=NOW, symbol="BTCUSDT", zone=0):
    wanted = CandleRange(
        symbol=symbol,
        interval=interval,
        first_ms=first,
        last_ms=last,
        position_ms=at,
        offset_ms=zone,
    )
    return source.candles(wanted)


def tape(source, symbol, begin, end):
    """List every trade of a stretch of time, page by page."""
    found, following = [], source.trade_id(symbol, begin)
    while page := source.trades(symbol, following, 1_000, end):
        found += page
        following = page[-1].id + 1
    return found


def stretch_of(trades):
    return join(
        Stretch(
            *[one.price] * 4,
            one.quantity,
            one.price * one.quantity // SCALE,
            0 if one.is_buyer_maker else one.quantity,
            0 if one.is_buyer_maker else one.price * one.quantity // SCALE,
            1,
        )
        for one in trades
    )


def test_same_seed_gives_the_same_market():
    one, other = SyntheticSource(7), SyntheticSource(7)

    assert list(one.ticks(NOW, NOW + 60_000)) == list(other.ticks(NOW, NOW + 60_000))
    assert candles(one, "1h", NOW - DAY_MS, NOW) == candles(other, "1h", NOW - DAY_MS, NOW)


def test_another_seed_gives_another_market():
    assert candles(SyntheticSource(7), "1h", NOW - DAY_MS, NOW) != candles(
        SyntheticSource(8), "1h", NOW - DAY_MS, NOW
    )


def test_more_symbols_change_nothing_for_the_others():
    few, many = SyntheticSource(7), SyntheticSource(7, symbols=("50",))

    assert len(few.instruments) == 10
    assert len(many.instruments) == 50
    assert candles(few, "5m", NOW - DAY_MS, NOW) == candles(many, "5m", NOW - DAY_MS, NOW)
    assert few.fingerprint != many.fingerprint


@pytest.mark.parametrize("names", [("0",), ("51",), ("BTCUSDT", "XYZUSDT")])
def test_unknown_symbols_are_refused(names):
    with pytest.raises(InvalidInput, match="--symbols"):
        SyntheticSource(7, symbols=names)


@pytest.mark.parametrize("interval", [name for name in INTERVALS if name != "1M"])
def test_a_thousand_closed_candles_are_there_at_the_start(interval):
    found = candles(SyntheticSource(7), interval, NOW - 1_001 * INTERVALS[interval], NOW)

    closed = [candle for candle in found if candle.close_ms < NOW]
    assert len(closed) >= 1_000
    for candle, after in itertools.pairwise(closed):
        assert open_after(interval, candle.open_ms) == after.open_ms == candle.close_ms + 1
        assert candle.first_trade + candle.trades == after.first_trade
        if interval != "1s":
            assert candle.bar.close == pytest.approx(after.bar.open, rel=0.002)


@pytest.mark.parametrize(("long", "short"), [("1d", "1h"), ("1h", "1m"), ("4h", "30m")])
@pytest.mark.parametrize("is_shocked", [False, True])
def test_long_candles_are_their_short_ones(long, short, is_shocked):
    shocks = (("BTCUSDT", NOW - 90 * MINUTE_MS + 17, 950_000),) if is_shocked else ()
    source = SyntheticSource(7, shocks)

    for candle in candles(source, long, NOW - 2 * DAY_MS, NOW):
        parts = join(
            part.stretch() for part in candles(source, short, candle.open_ms, candle.close_ms)
        )
        whole = candle.stretch()
        assert whole[:5] == parts[:5]
        assert (whole.taker, whole.trades) == (parts.taker, parts.trades)
        assert whole.low * whole.volume // SCALE <= whole.quote
        assert whole.quote <= whole.high * whole.volume // SCALE
        assert whole.quote == parts.quote or long != "1h"


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHBTC", "SHIBUSDT", "BNBETH", "TRXUSDT"])
@pytest.mark.parametrize("interval", ["1s", "1m", "15m", "1h"])
@pytest.mark.parametrize("is_shocked", [False, True])
def test_candle_is_made_of_its_trades(symbol, interval, is_shocked):
    begin = open_of("1h", NOW - 2 * HOUR)
    shocks = ((symbol, begin + 1_700_500, 1_100_000),) if is_shocked else ()
    source = SyntheticSource(7, shocks, symbols=("50",))
    for candle in candles(source, interval, begin, begin + HOUR - 1, symbol=symbol)[-70:]:
        trades = tape(source, symbol, candle.open_ms, candle.close_ms)

        assert candle.stretch() == stretch_of(trades)
        assert candle.first_trade == trades[0].id
        assert all(one.quantity > 0 for one in trades)


def test_trades_are_the_ticks_and_their_ids_rise_by_one():
    source = SyntheticSource(7)
    ticks = [
        (tick.time_ms, tick.price, tick.quantity)
        for tick in source.ticks(NOW - MINUTE_MS, NOW)
        if tick.symbol == "SOLUSDT"
    ]
    trades = tape(source, "SOLUSDT", NOW - MINUTE_MS + 1, NOW)

    assert [(one.time_ms, one.price, one.quantity) for one in trades] == ticks
    assert [one.id for one in trades] == list(range(trades[0].id, trades[0].id + 60))
    assert {one.is_buyer_maker for one in trades} == {True, False}
    assert source.trades("SOLUSDT", trades[-1].id + 1, 10, NOW) == []


def test_candles_of_another_zone_begin_at_its_midnight():
    source = SyntheticSource(7)
    utc = candles(source, "1h", NOW - 3 * DAY_MS, NOW)
    for candle in candles(source, "1d", NOW - 2 * DAY_MS, NOW - DAY_MS, zone=8 * HOUR):
        hours = [one for one in utc if candle.open_ms <= one.open_ms < candle.close_ms]

        assert (candle.open_ms + 8 * HOUR) % DAY_MS == 0
        assert candle.stretch()[:5] == join(one.stretch() for one in hours)[:5]


def test_unfinished_candle_grows_into_the_finished_one():
    source = SyntheticSource(7)
    begin = open_of("1h", NOW)
    (early,) = candles(source, "1h", begin, begin, at=begin + 20 * MINUTE_MS)
    (late,) = candles(source, "1h", begin, begin, at=begin + HOUR - 1)
    (closed,) = candles(source, "1h", begin, begin, at=begin + DAY_MS)

    assert early.bar.volume < late.bar.volume
    assert early.quote < late.quote
    assert early.bar.high <= late.bar.high
    assert late == closed


def test_shock_moves_the_price_from_its_moment_on():
    calm, shocked = SyntheticSource(7), SyntheticSource(7, (("BTCUSDT", NOW, 900_000),))

    def price(source, at, symbol="BTCUSDT"):
        return source.last(symbol, at).price

    assert price(shocked, NOW - 2_000) == price(calm, NOW - 2_000)
    after = price(calm, NOW + 2_000)
    assert price(shocked, NOW + 2_000) == pytest.approx(after * 0.9, rel=0.001)
    assert price(shocked, NOW + 2_000, "ETHUSDT") == price(calm, NOW + 2_000, "ETHUSDT")
    jumps = [t for t in shocked.ticks(NOW - 10_000, NOW + 10_000) if t.is_jump]
    assert [(tick.symbol, tick.time_ms) for tick in jumps] == [("BTCUSDT", 1_732_320_062_000)]


def test_price_stays_near_its_reference_for_decades():
    found = candles(SyntheticSource(7), "1w", 0, NOW, symbol="ADAUSDT")

    assert all(
        to_units("0.2") < bar.low and bar.high < to_units("0.9")
        for bar in (candle.bar for candle in found)
    )


def test_symbols_move_together_but_not_alike():
    source = SyntheticSource(7)

    def returns(symbol, interval):
        found = candles(source, interval, NOW - 300 * INTERVALS[interval], NOW, symbol=symbol)
        return [math.log(one.bar.close / one.bar.open) for one in found]

    for interval in ("1h", "1d"):
        likeness = statistics.correlation(
            returns("BTCUSDT", interval), returns("ETHUSDT", interval)
        )
        assert 0.2 < likeness < 0.95, interval


@pytest.mark.parametrize(("cross", "above", "below"), [("ETHBTC", "ETHUSDT", "BTCUSDT")])
def test_cross_is_worth_its_dollar_pairs(cross, above, below):
    source = SyntheticSource(7)
    for number in range(200):
        at = NOW - number * 7 * HOUR
        through = source.last(above, at).price / source.last(below, at).price

        assert source.last(cross, at).price / SCALE == pytest.approx(through, rel=0.02)


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


async def test_loading_changes_no_candle():
    source, other = SyntheticSource(7), SyntheticSource(7)
    wanted = CandleRange(
        symbol="BTCUSDT", interval="2h", first_ms=NOW - DAY_MS, last_ms=NOW, position_ms=NOW
    )

    await source.load(wanted)

    assert source.candles(wanted) == other.candles(wanted)


def test_market_can_not_be_told_to_trade():
    with pytest.raises(NotAllowed):
        SyntheticSource(7).push(Push(symbol="BTCUSDT", time_ms=NOW, price=1, quantity=1))


def test_every_listed_symbol_keeps_sums_exact():
    assert len(CATALOGUE) == 50
    for one in CATALOGUE.values():
        assert one.tick * one.step % SCALE == 0, one.symbol
        assert one.step * one.reference // SCALE * 20_000 <= one.depth * SCALE, one.symbol
        assert one.symbol == one.base + one.quote
