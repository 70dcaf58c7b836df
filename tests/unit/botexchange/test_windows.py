"""Rolling statistics are those of the candles they cover."""

import pytest

from botcore.candles.bars import Stretch, join
from botcore.candles.intervals import DAY_MS, MINUTE_MS
from botexchange.market.figures import mean, percent, signed
from botexchange.market.source import CandleRange
from botexchange.market.synthetic import SyntheticSource
from botexchange.market.windows import Windows

NOW = 1_732_320_061_234
HOUR = 3_600_000


def minutes(source, begin, now):
    wanted = CandleRange(
        symbol="BTCUSDT", interval="1m", first_ms=begin, last_ms=now, position_ms=now
    )
    return join(one.stretch() for one in source.candles(wanted))


@pytest.mark.parametrize("length", [MINUTE_MS, 59 * MINUTE_MS, 5 * HOUR, DAY_MS, 3 * DAY_MS])
def test_window_is_its_minutes_at_every_moment(length):
    source = SyntheticSource(7)
    windows = Windows(source)
    for now in (NOW, NOW + 1_000, NOW + 59_000, NOW + 7 * MINUTE_MS, NOW + HOUR, NOW + DAY_MS):
        window = windows.rolling("BTCUSDT", length, now)
        expected = minutes(source, window.open_ms, now)

        assert window.open_ms == (now - length) // MINUTE_MS * MINUTE_MS
        assert window.stretch[:5] == expected[:5]
        assert (window.stretch.taker, window.stretch.trades) == (expected.taker, expected.trades)
        assert window.first_trade == source.trade_id("BTCUSDT", window.open_ms)
        if length <= DAY_MS:
            assert window.stretch.quote == pytest.approx(expected.quote, rel=0.005)


def test_window_since_a_moment_grows():
    source = SyntheticSource(7)
    windows = Windows(source)
    begin = NOW // DAY_MS * DAY_MS
    for now in range(NOW, NOW + 5 * HOUR, 37 * MINUTE_MS):
        assert windows.since("BTCUSDT", begin, now).stretch[:5] == minutes(source, begin, now)[:5]


async def test_loading_first_changes_nothing():
    windows = Windows(SyntheticSource(7))

    await windows.load("BTCUSDT", NOW - DAY_MS, NOW)

    assert windows.rolling("BTCUSDT", DAY_MS, NOW) == Windows(SyntheticSource(7)).rolling(
        "BTCUSDT", DAY_MS, NOW
    )


@pytest.mark.parametrize(
    ("change", "base", "text"),
    [
        (0, 100, "0.000"),
        (1, 3, "33.333"),
        (-1, 3, "-33.333"),
        (2, 3, "66.667"),
        (-1, 10**9, "0.000"),
        (3, 2, "150.000"),
        (1, 200_000, "0.001"),
    ],
)
def test_percent_has_three_decimals(change, base, text):
    assert percent(change, base) == text


def test_signed_amounts_and_means():
    assert (signed(-1), signed(10**8), signed(0)) == ("-0.00000001", "1.00000000", "0.00000000")
    assert mean(Stretch(1, 1, 1, 1, 0, 0, 0, 0, 0)) == 0
    assert mean(Stretch(1, 1, 1, 1, 2 * 10**8, 5 * 10**8, 0, 0, 0)) == 250_000_000
