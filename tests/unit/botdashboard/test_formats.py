"""Numbers, times and ages as texts."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from botdashboard.views.formats import (
    age_text,
    money_text,
    number_text,
    profit_text,
    time_text,
    tone_of,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234.5600", "1,234.56"),
        ("0.00000100", "0.000001"),
        ("100", "100"),
        ("0", "0"),
        ("1E+3", "1,000"),
    ],
)
def test_number_is_written_in_full_without_idle_zeros(value, text):
    assert number_text(Decimal(value)) == text


def test_missing_figure_is_a_dash_and_not_zero():
    assert number_text(None) == money_text(None, "USDT") == profit_text(None, "USDT") == "\u2013"
    assert time_text(None) == age_text(None, NOW) == "\u2013"


def test_money_has_its_unit():
    assert money_text(Decimal("10163.034"), "USDT") == "10,163.03 USDT"
    assert money_text(Decimal("-0.5"), "USDT") == "\u22120.50 USDT"


@pytest.mark.parametrize(
    ("value", "text", "tone"),
    [
        ("12.345", "▲ +12.34 USDT", "gain"),
        ("-1234.5", "▼ \u22121,234.50 USDT", "loss"),
        ("0", "0.00 USDT", "flat"),
        ("-0.004", "0.00 USDT", "flat"),
    ],
)
def test_profit_is_told_by_arrow_sign_and_tone(value, text, tone):
    assert profit_text(Decimal(value), "USDT") == text
    assert tone_of(Decimal(value)) == tone


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7300, "2 h"), (200_000, "2 d"), (-5, "0 s")],
)
def test_age_is_in_its_largest_unit(seconds, text):
    assert age_text(NOW - timedelta(seconds=seconds), NOW) == text


def test_time_is_utc_to_the_second():
    assert time_text(NOW) == "2026-03-01 12:00:00"
