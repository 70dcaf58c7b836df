"""Candles from a file, played as trades."""

import pytest

from botcore.domain.errors import InvalidInput, NotAllowed
from botexchange.market.csv_file import read_series
from botexchange.market.replay import ReplaySource
from botexchange.market.source import CandleRange
from botexchange.matching.numbers import to_units

HEADER = "time,open,high,low,close,volume"
GOOD = [
    "2024-01-01 00:00:00,100,110,90,105,40",
    "2024-01-01 01:00:00,106,120,104,104,8",
    "2024-01-01 02:00:00,104,105,95,100,4",
]
BEGIN = 1_704_067_200_000
HOUR = 3_600_000


@pytest.fixture
def write(tmp_path):
    def to_file(lines, name="BTCUSDT-1h.csv"):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return to_file


def a_source(write, lines=(HEADER, *GOOD)):
    return ReplaySource([read_series(write(lines), None, None)])


def test_symbol_and_interval_come_from_the_file(write):
    series = read_series(write([HEADER, *GOOD]), None, None)

    assert (series.symbol, series.interval, series.begin_ms) == ("BTCUSDT", "1h", BEGIN)
    assert series.bars[0] == tuple(map(to_units, ("100", "110", "90", "105", "40")))


@pytest.mark.parametrize("name", ["DateTime", "open_time", "Timestamp", "Open Time"])
@pytest.mark.parametrize(
    "times",
    [
        ("1704067200", "1704070800"),
        ("1704067200000", "1704070800000"),
        ("1704067200000000", "1704070800000000"),
        ("2024-01-01T00:00:00Z", "2024-01-01T02:00:00+01:00"),
        ("2024-01-01 00:00:00.000000", "2024-01-01 01:00:00.000000"),
    ],
)
def test_usual_headers_and_times_are_read(write, name, times):
    lines = [f"{name},Open,High,Low,Close,Volume", *(f"{at},1,1,1,1,1" for at in times)]

    series = read_series(write(lines), "BTCUSDT", None)

    assert (series.begin_ms, len(series.bars), series.interval) == (BEGIN, 2, "1h")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("2024-01-01 03:00:00,abc,1,1,1,1", "line 5, column open: 'abc' is not a number"),
        ("2024-01-01 03:00:00,1,1,1,nan,1", "line 5, column close: 'nan' is out of range"),
        ("2024-01-01 03:00:00,1,1,1,-1,1", "line 5, column close: '-1' is out of range"),
        ("2024-01-01 03:00:00,5,4,1,3,1", "line 5, column high: is below"),
        ("2024-01-01 03:00:00,5,6,5.5,5.7,1", "line 5, column low: is above"),
        ("2024-01-01 03:00:00,0,0,0,0,1", "line 5, column low: must be above 0"),
        ("2024-01-01 03:00:00,1,1,1", "line 5, column close: is missing"),
        ("yesterday,1,1,1,1,1", "line 5, column time: 'yesterday' is not a time"),
        ("2024-01-01 02:00:00,1,1,1,1,1", "line 5, column time: is not later"),
        ("2024-01-01 03:30:00,1,1,1,1,1", "line 5, column time: is not where a candle"),
        ("2624-01-01 03:00:00,1,1,1,1,1", "line 5, column time: is too far"),
    ],
)
def test_malformed_line_is_named_with_its_column(write, line, problem):
    with pytest.raises(InvalidInput, match=problem):
        read_series(write([HEADER, *GOOD, line]), None, "1h")


@pytest.mark.parametrize(
    ("lines", "name", "problem"),
    [
        (["time,open,high,low,close", GOOD[0]], "BTCUSDT.csv", "line 1: has no column volume"),
        ([HEADER, GOOD[0]], "BTCUSDT.csv", "needs at least two candles"),
        ([], "BTCUSDT.csv", "line 1: has no column time"),
        ([HEADER, *GOOD], "candles.csv", "--symbol: can't be guessed"),
        (
            [HEADER, "2024-01-01 00:00:00,1,1,1,1,1", "2024-01-01 00:07:00,1,1,1,1,1"],
            "BTCUSDT.csv",
            "--interval: can't be guessed",
        ),
    ],
)
def test_unusable_file_is_refused(write, lines, name, problem):
    with pytest.raises(InvalidInput, match=problem):
        read_series(write(lines, name), None, None)


def test_missing_candles_become_flat_ones(write):
    series = read_series(write([HEADER, GOOD[0], GOOD[2]]), None, "1h")

    assert len(series.bars) == 3
    assert series.bars[1] == (to_units("105"),) * 4 + (0,)


def test_rising_candle_visits_its_low_first_a_falling_one_its_high(write):
    ticks = list(a_source(write).ticks(BEGIN - 1, BEGIN + 2 * HOUR - 1))

    assert [tick.price // 10**8 for tick in ticks] == [100, 90, 110, 105, 106, 120, 104, 104]
    assert [tick.is_jump for tick in ticks] == [True, False, False, False] * 2
    assert sum(tick.quantity for tick in ticks) == to_units("48")
    assert [tick.time_ms for tick in ticks] == sorted(tick.time_ms for tick in ticks)


def test_market_ends_with_the_file(write):
    source = a_source(write)

    assert source.next_ms(BEGIN + 3 * HOUR - 2) == BEGIN + 3 * HOUR - 1
    assert source.next_ms(BEGIN + 3 * HOUR - 1) is None
    assert list(source.ticks(BEGIN + 3 * HOUR - 1, BEGIN + 9 * HOUR)) == []
    assert source.last("BTCUSDT", BEGIN + 9 * HOUR).price == to_units("100")
    assert source.last("BTCUSDT", 0).price == to_units("100")


def test_candles_join_and_grow(write):
    source = a_source(write)

    def candles(interval, position):
        wanted = CandleRange(
            symbol="BTCUSDT",
            interval=interval,
            first_ms=0,
            last_ms=position,
            position_ms=position,
        )
        return [tuple(value // 10**8 for value in c.bar) for c in source.candles(wanted)]

    assert candles("2h", BEGIN + 2 * HOUR - 1) == [(100, 120, 90, 104, 48)]
    assert candles("1h", BEGIN + HOUR + 1) == [(100, 110, 90, 105, 40), (106, 106, 106, 106, 2)]
    assert candles("1d", BEGIN) == [(100, 100, 100, 100, 10)]
    assert candles("1d", BEGIN + 9 * HOUR) == [(100, 120, 90, 100, 52)]


def test_replay_offers_its_interval_and_longer_ones(write):
    assert a_source(write).intervals[:3] == ("1h", "2h", "4h")


def test_the_past_can_not_be_shocked(write):
    with pytest.raises(NotAllowed):
        a_source(write).shock("BTCUSDT", 0, 1)


def test_symbol_without_a_known_quote_is_refused(write):
    series = read_series(write([HEADER, *GOOD], "BTCPERP-1h.csv"), None, None)

    with pytest.raises(InvalidInput, match="BTCPERP has no quote asset"):
        ReplaySource([series])
