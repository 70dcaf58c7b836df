"""A table read by columns is what it is read line by line."""

from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.candles.bars import Bar
from botcore.candles.columns import plain_candles
from botcore.candles.csv_file import read_series
from botcore.domain.errors import InvalidInput

PLACES = [0, 1, 2, 3, 4, 5]
NUMBER = st.builds(
    lambda whole, fraction: f"{whole}.{fraction}" if fraction else str(whole),
    st.integers(1, 10**9),
    st.text("0123456789", max_size=12),
)


def a_row(price: str, volume: str, time: str = "2024-03-01 00:00:00") -> list[str]:
    return [time, price, price, price, price, volume]


def units(text: str) -> int:
    return int((Decimal(text) * 10**8).to_integral_value(ROUND_HALF_EVEN))


@given(st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=5))
def test_numbers_are_exact_and_round_half_even(texts: list[tuple[str, str]]) -> None:
    found = plain_candles([a_row(*one) for one in texts], PLACES)

    assert found is not None
    assert found[1] == [Bar(*[units(price)] * 4, units(volume)) for price, volume in texts]


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("1709251200", 1_709_251_200_000),
        ("1709251200000", 1_709_251_200_000),
        ("1709251200000000", 1_709_251_200_000),
        ("2024-03-01 00:00:00", 1_709_251_200_000),
        ("2024-03-01T00:00:00Z", 1_709_251_200_000),
        ("2024-03-01T01:00:00+01:00", 1_709_251_200_000),
        ("2024-03-01 00:00:00.000000", 1_709_251_200_000),
    ],
)
def test_times_are_read_in_every_form(text: str, time_ms: int) -> None:
    found = plain_candles([a_row("1", "1", text)], PLACES)

    assert found is not None
    assert found[0] == [time_ms]


@pytest.mark.parametrize(
    "row",
    [
        [],
        ["2024-03-01", "1", "1", "1", "1"],
        a_row("", "1"),
        a_row("1", "-1"),
        a_row("1e3", "1"),
        a_row(" 1", "1"),
        a_row("1_0", "1"),
        a_row("1.2.3", "1"),
        a_row("0", "1"),
        a_row("1", "1", "2024-03-01 00:00:00.500"),
        a_row("1", "1", "yesterday"),
        a_row("99999999999", "1"),
        ["2024-03-01 00:00:00", "2", "1.5", "1", "1", "1"],
        ["2024-03-01 00:00:00", "2", "3", "2.5", "3", "1"],
    ],
)
def test_row_that_needs_a_closer_look_is_left_to_it(row: list[str]) -> None:
    assert plain_candles([a_row("1", "1")], PLACES) is not None
    assert plain_candles([a_row("1", "1"), row], PLACES) is None


def test_odd_line_among_plain_ones_is_read_and_a_wrong_one_named(tmp_path: Path) -> None:
    lines = ["time,open,high,low,close,volume"]
    lines += [f"2024-03-01 {hour:02}:00:00,1.5,2,1,1.25,3" for hour in range(24)]
    lines[5] = "2024-03-01 04:00:00, 1.5 ,2,1,1.25,3e0"
    path = tmp_path / "BTCUSDT-1h.csv"
    path.write_text("\n".join([*lines[:9], "", *lines[9:]]), encoding="utf-8")

    found = read_series(path, None, None)

    bar = Bar(150_000_000, 200_000_000, 100_000_000, 125_000_000, 300_000_000)
    assert found.bars == [bar] * 24

    path.write_text("\n".join([*lines[:20], "2024-03-01 19:00:00,1,1,1,1,x"]), encoding="utf-8")
    with pytest.raises(InvalidInput, match="line 21, column volume"):
        read_series(path, None, None)
