"""How much an entry buys."""

from decimal import Decimal

from botcore.domain.instruments import Instrument, Unfit, fit_market_quantity
from botcore.domain.money import ZERO, wire
from botrunner.trading.rules import StrategyRule
from botrunner.trading.state import BotState

__all__ = ["free_capital", "least_entry", "size_entry"]

_FEE_RESERVE = Decimal("0.99")
"""One per cent of the capital stays back for fees and slippage (TR-31)."""


def free_capital(state: BotState, rule: StrategyRule) -> Decimal:
    """Return the strategy's capital that is neither invested nor reserved by an open order.

    In quote asset.
    """
    invested = sum(
        (s.cost_quote for (name, _), s in state.sub_books.items() if name == rule.name), ZERO
    )
    reserved = sum(
        (o.reserved_quote for o in state.orders.values() if o.strategy == rule.name), ZERO
    )
    return rule.capital - invested - reserved


def least_entry(instrument: Instrument, stop_loss_percent: Decimal | None) -> Decimal:
    """Return the least quote amount that stays sellable at its stop.

    Minimum x 1.05 / (1 - stop), capped at one and a half times the minimum (TR-27).
    """
    stop = (stop_loss_percent or ZERO) / 100
    return min(
        instrument.min_notional * Decimal("1.05") / (1 - stop),
        instrument.min_notional * Decimal("1.5"),
    )


def size_entry(
    state: BotState,
    rule: StrategyRule,
    instrument: Instrument,
    *,
    spend: Decimal | None,
    price: Decimal,
) -> Decimal | Unfit:
    """Return the base quantity to buy for `spend` quote asset.

    Or for an even share of the capital when None.
    """
    free = free_capital(state, rule) * _FEE_RESERVE
    wanted = rule.capital * _FEE_RESERVE / len(rule.symbols) if spend is None else spend
    if spend is not None and wanted > free:
        return Unfit(reason=f"capital {wire(rule.capital)} is used up")
    amount = min(wanted, free)
    least = least_entry(instrument, rule.params.stop_loss_percent)
    if amount < least:
        cents = Decimal("0.01")
        shown = wire(max(amount, ZERO).quantize(cents)), wire(least.quantize(cents))
        return Unfit(reason=f"{shown[0]} is below the least entry {shown[1]}")
    return fit_market_quantity(instrument, amount / price, price)
