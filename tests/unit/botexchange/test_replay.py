"""Candles from a file, played as trades."""

from decimal import Decimal

import duckdb
import pytest

from botcore.candles.bars import join
from botcore.candles.csv_file import read_series
from botcore.domain.errors import InvalidInput, NotAllowed
from botcore.matching.numbers import to_units
from botexchange.market.replay import ReplaySource
from botexchange.market.source import CandleRange

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
    """TR-35."""
    series = read_series(write([HEADER, GOOD[0], GOOD[2]]), None, "1h")

    assert len(series.bars) == 3
    assert series.bars[1] == (to_units("105"),) * 4 + (0,)


def test_rising_candle_visits_its_low_first_a_falling_one_its_high(write):
    ticks = list(a_source(write).ticks(BEGIN - 1, BEGIN + 2 * HOUR - 1))

    assert [tick.price // 10**8 for tick in ticks] == [100, 90, 110, 105, 106, 120, 104, 104]
    assert [tick.is_jump for tick in ticks] == [True, False, False, False] * 2
    assert sum(tick.quantity for tick in ticks) == to_units("48")
    assert [tick.time_ms for tick in ticks] == sorted(tick.time_ms for tick in ticks)


def test_tape_is_what_the_candles_sum_up(write):
    source = a_source(write, [HEADER, *GOOD, "2024-01-01 04:00:00,100,100,100,100,1"])
    end = BEGIN + 9 * HOUR
    tape = source.trades("BTCUSDT", 0, 1_000, end)

    wanted = CandleRange(symbol="BTCUSDT", interval="1h", first_ms=0, last_ms=end, position_ms=end)
    found = source.candles(wanted)

    assert [one.id for one in tape] == list(range(16))
    assert [candle.trades for candle in found] == [4, 4, 4, 0, 4], "nobody trades in a gap"
    for candle in found:
        mine = [one for one in tape if candle.open_ms <= one.time_ms <= candle.close_ms]
        bought = [one for one in mine if not one.is_buyer_maker]
        assert candle.trades == 0 or candle.first_trade == mine[0].id
        assert candle.bar.volume == sum(one.quantity for one in mine)
        assert candle.taker == sum(one.quantity for one in bought)
        assert candle.quote == sum(one.price * one.quantity // 10**8 for one in mine)
        assert candle.taker_quote == sum(one.price * one.quantity // 10**8 for one in bought)
    for moment in (BEGIN - 1, BEGIN, BEGIN + 1, BEGIN + 3 * HOUR, BEGIN + 4 * HOUR, end):
        later = [one.id for one in tape if one.time_ms >= moment]
        assert source.trade_id("BTCUSDT", moment) == (later[0] if later else 16)


def test_long_candles_are_their_short_ones(write):
    lines = [
        f"{BEGIN + n * HOUR},{100 + n % 7},{120 + n % 5},{90 - n % 3},{101},{n}" for n in range(60)
    ]
    source = a_source(write, [HEADER, *lines])

    def candles(interval, first, last):
        return source.candles(
            CandleRange(
                symbol="BTCUSDT",
                interval=interval,
                first_ms=first,
                last_ms=last,
                position_ms=BEGIN + 50 * HOUR,
            )
        )

    for candle in candles("1d", BEGIN, BEGIN + 100 * HOUR):
        hours = candles("1h", candle.open_ms, candle.close_ms)
        assert candle.stretch() == join(hour.stretch() for hour in hours)


def test_parquet_is_read_exactly(tmp_path):
    path = tmp_path / "BTCUSDT-1h.parquet"
    with duckdb.connect() as database:
        database.execute(
            "CREATE TABLE c (open_time TIMESTAMP, open DECIMAL(18,8), high DOUBLE, low DOUBLE,"
            " close VARCHAR, volume DOUBLE)"
        )
        rows = [("2024-01-01 00:00:00", Decimal("100.00000001"), 110.1, 90.3, "105", 0.1)]
        rows.append(("2024-01-01 01:00:00", Decimal(105), 106, 104, "105.5", 1e-05))
        database.executemany("INSERT INTO c VALUES (?, ?, ?, ?, ?, ?)", rows)
        database.execute(f"COPY c TO '{path}' (FORMAT PARQUET)")

    series = read_series(path, None, None)

    assert (series.symbol, series.interval, series.begin_ms) == ("BTCUSDT", "1h", BEGIN)
    numbers = ("100.00000001", "110.1", "90.3", "105", "0.1")
    assert series.bars[0] == tuple(map(to_units, numbers))
    assert series.bars[1].volume == to_units("0.00001")


def test_broken_parquet_is_refused(write):
    with pytest.raises(InvalidInput, match="can't be read"):
        read_series(write(["nonsense"], "BTCUSDT-1h.parquet"), None, None)


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
