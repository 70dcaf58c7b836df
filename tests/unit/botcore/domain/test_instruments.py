"""What a MARKET order may carry."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.domain.instruments import Unfit, fit_market_quantity
from tests.support.trading import an_instrument


def test_quantity_is_truncated_never_rounded_up() -> None:
    fitted = fit_market_quantity(an_instrument(), Decimal("0.999999"), Decimal(100))

    assert fitted == Decimal("0.99999")  # TR-23


def test_market_step_outranks_a_finer_step() -> None:
    coarse = an_instrument(market_step_size=Decimal("0.1"))

    assert fit_market_quantity(coarse, Decimal("0.99"), Decimal(100)) == Decimal("0.9")


def test_quantity_above_the_market_maximum_is_cut_and_still_lies_on_the_step() -> None:
    # Binance's maximum is an average volume such as 118.29437875.
    capped = an_instrument(market_max_quantity=Decimal("118.29437875"))

    assert fit_market_quantity(capped, Decimal(500), Decimal(100)) == Decimal("118.29437")  # TR-26


def test_maximum_of_zero_means_no_maximum() -> None:
    free = an_instrument(max_quantity=Decimal(0), market_max_quantity=Decimal(0))

    assert fit_market_quantity(free, Decimal(10**6), Decimal(100)) == Decimal(10**6)


@pytest.mark.parametrize(
    ("quantity", "price", "reason"),
    [("0.000001", "100000", "quantity"), ("0.0499", "100", "worth"), ("0", "100", "quantity")],
)
def test_too_little_is_unfit_and_says_why(quantity: str, price: str, reason: str) -> None:
    fitted = fit_market_quantity(an_instrument(), Decimal(quantity), Decimal(price))

    assert isinstance(fitted, Unfit)  # TR-25
    assert fitted.reason.startswith(reason)


@pytest.mark.parametrize("status", ["BREAK", "HALT", "CANCEL_ONLY"])
def test_only_trading_symbols_trade(status: str) -> None:
    assert an_instrument().is_trading
    assert not an_instrument(status=status).is_trading  # TR-30


@given(
    st.decimals("0.00000001", 10**4, places=8),
    st.sampled_from([Decimal(s) for s in ("0", "0.001", "0.1", "1")]),
    st.decimals(1, 200, places=8),
)
def test_what_fits_passes_every_filter(
    quantity: Decimal, market_step: Decimal, most: Decimal
) -> None:
    instrument = an_instrument(market_step_size=market_step, market_max_quantity=most)

    fitted = fit_market_quantity(instrument, quantity, Decimal(100))

    if not isinstance(fitted, Unfit):
        assert instrument.min_quantity <= fitted <= min(quantity, most)
        assert fitted % instrument.step_size == 0
        assert market_step == 0 or fitted % market_step == 0
        assert fitted * 100 >= instrument.min_notional
