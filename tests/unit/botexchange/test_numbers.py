"""Exact arithmetic of prices, quantities and commissions."""

import pytest

from botcore.matching.numbers import (
    falling_trigger,
    fee,
    floor_to_step,
    notional,
    plain,
    rising_trigger,
    to_units,
)


def test_numbers_are_exact():
    assert plain(to_units("0.00000001")) == "0.00000001"
    assert plain(to_units("123456789.12345678")) == "123456789.12345678"
    assert notional(to_units("61234.57"), to_units("0.00001")) == to_units("0.6123457")
    assert floor_to_step(to_units("1.23456"), to_units("0.001")) == to_units("1.234")
    with pytest.raises(ValueError, match="precision"):
        to_units("0.000000001")


def test_commission_rounds_half_up():
    # Binance's commission FAQ: 0.040229875 becomes 0.04022988.
    assert fee(4_022_987_500, to_units("0.001")) == 4_022_988
    assert fee(4_022_987_499, to_units("0.001")) == 4_022_987


def test_triggers_are_the_first_prices_that_are_far_enough():
    for price in (1, 9_999, 10_000, to_units("42000") + 1):
        up, down = rising_trigger(price, 500), falling_trigger(price, 500)
        assert up * 10_000 >= price * 10_500 > (up - 1) * 10_000
        assert down * 10_000 <= price * 9_500 < (down + 1) * 10_000
