"""Rounding goes one way only, and the wire knows no exponent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.domain.money import ceil_to_step, floor_to_step, wire

steps = st.sampled_from([Decimal(step) for step in ("1", "0.1", "0.01", "0.00001", "0.00000001")])
amounts = st.decimals(0, 10**9, places=12)


@given(amounts, steps)
def test_floor_never_exceeds_the_value_and_misses_less_than_a_step(
    value: Decimal, step: Decimal
) -> None:
    fitted = floor_to_step(value, step)

    assert fitted <= value < fitted + step  # TR-23
    assert fitted % step == 0


@given(amounts, steps)
def test_ceil_never_falls_short_and_adds_less_than_a_step(value: Decimal, step: Decimal) -> None:
    fitted = ceil_to_step(value, step)

    assert fitted - step < value <= fitted
    assert fitted % step == 0


def test_step_of_zero_means_no_step() -> None:
    assert floor_to_step(Decimal("1.23456789"), Decimal(0)) == Decimal("1.23456789")
    assert ceil_to_step(Decimal("1.23456789"), Decimal(0)) == Decimal("1.23456789")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1E+3", "1000"),
        ("1E-8", "0.00000001"),
        ("100", "100"),
        ("0.10000000", "0.1"),
        ("0E-8", "0"),
        ("-2.50", "-2.5"),
    ],
)
def test_wire_writes_plain_digits(value: str, text: str) -> None:
    assert wire(Decimal(value)) == text  # TR-24


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_wire_loses_nothing(value: Decimal) -> None:
    text = wire(value)

    assert Decimal(text) == value
    assert "E" not in text
