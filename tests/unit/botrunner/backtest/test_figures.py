"""Figures against examples worked out by hand."""

from decimal import Decimal

import pytest

from botrunner.backtest.figures import EquityCurve

DAY_MS = 86_400_000


def a_curve(*values: str) -> EquityCurve:
    curve = EquityCurve(Decimal(values[0]))
    for value in values[1:]:
        curve.append(Decimal(value))
    return curve


def test_ratios_follow_their_formulas() -> None:
    # Returns: 10 %, -10 %, 20 %. Mean 6.6667 %, sample deviation 15.2753 %.
    figures = a_curve("100", "110", "99", "118.8").performance(DAY_MS)

    assert figures.total_return_percent == pytest.approx(18.8)
    assert figures.cagr_percent == pytest.approx((1.188 ** (365 / 3) - 1) * 100)
    assert figures.sharpe == pytest.approx(0.0666667 / 0.1527525 * 365**0.5, rel=1e-5)
    assert figures.volatility_percent == pytest.approx(15.27525 * 365**0.5, rel=1e-5)
    # One loss of 10 % in three returns: root of 0.01 / 3.
    assert figures.sortino == pytest.approx(0.0666667 / (0.01 / 3) ** 0.5 * 365**0.5, rel=1e-5)


def test_drawdown_is_the_deepest_fall_and_the_longest_time_below_a_peak() -> None:
    figures = a_curve("100", "120", "90", "100", "119", "125", "124").performance(DAY_MS)

    assert figures.drawdown.percent == pytest.approx(25)
    assert figures.drawdown.at == 1  # the candle that closed at 90
    assert figures.drawdown.longest == 3


def test_drawdown_that_has_not_ended_counts_to_the_last_candle() -> None:
    assert a_curve("100", "90", "95", "96").performance(DAY_MS).drawdown.longest == 3


def test_flat_curve_has_no_ratios() -> None:
    figures = a_curve("100", "100", "100").performance(DAY_MS)

    assert (figures.sharpe, figures.sortino, figures.volatility_percent) == (None, None, None)
    assert figures.total_return_percent == 0
    assert figures.drawdown.percent == 0


def test_span_below_a_day_has_no_yearly_growth() -> None:
    assert a_curve("100", "101").performance(3_600_000).cagr_percent is None


def test_lost_capital_is_a_growth_of_minus_hundred_per_cent() -> None:
    assert a_curve("100", "50", "0", "0").performance(DAY_MS).cagr_percent == -100


def test_curve_for_a_chart_is_thinned_and_keeps_its_end() -> None:
    curve = a_curve("100", *(str(value) for value in range(101, 202)))

    samples = curve.samples(10)

    assert len(samples) <= 11
    assert samples[0] == (0, "101.00")
    assert samples[-1] == (100, "201.00")
