"""Several symbols at fixed weights: buy what has fallen behind, sell what has run ahead.

The strategy's worth is its capital and what its holdings gained or lost, so it needs no cash balance.
"""

from decimal import Decimal

from botcore.domain.market import Candle
from botcore.domain.money import ZERO, floor_to_step, wire
from botcore.resources.strategy_params import RebalanceParams
from botrunner.trading.strategies.base import Advice, Signal, View

__all__ = ["on_candle", "warm_up_candles"]

_INVESTED = Decimal("0.99")
"""What the core keeps back for fees (TR-31) belongs to no symbol's share."""
_SPENDABLE = Decimal("0.989")
"""A hair less than the core lets be spent of what is free, as average costs are rounded."""


def warm_up_candles(_params: RebalanceParams) -> int:
    """Look at one candle: it remembers nothing."""
    return 1


def on_candle(params: RebalanceParams, _state: object, candle: Candle, view: View) -> Advice:
    """Compare the symbol's value with its share of the worth; trade it beyond the threshold.

    A symbol of which nothing is held is bought whatever the threshold, or a small weight never would be.
    """
    symbol = candle.symbol
    unpriced = [name for name in sorted(params.weights) if name not in view.marks]
    if unpriced:
        return _hold(f"waits for a price of {', '.join(unpriced)}")
    free, worth = _free_and_worth(view)
    value = view.holding.quantity * candle.close
    gap = worth * _INVESTED * params.weights[symbol] / 100 - value
    away = abs(gap) * 100
    if away < worth * params.threshold_percent and view.holding.quantity:
        return _hold(
            f"{symbol} is {_short(away / worth)} % of the worth away from its weight of"
            f" {params.weights[symbol]} %, below {wire(params.threshold_percent)} %"
        )
    if gap > ZERO:
        return _buy(symbol, min(gap, free * _SPENDABLE), view)
    return _sell(symbol, -gap, candle.close, view)


def _free_and_worth(view: View) -> tuple[Decimal, Decimal]:
    free = worth = view.capital
    for symbol, holding in view.holdings.items():
        if holding.quantity:
            cost = holding.quantity * holding.average_cost
            free -= cost
            worth += holding.quantity * view.marks[symbol] - cost
    return free, worth


def _buy(symbol: str, spend: Decimal, view: View) -> Advice:
    least = view.instrument.min_notional if view.instrument else ZERO
    if spend <= ZERO or spend < least:
        return _hold(
            f"{symbol} is below its weight, but {_short(max(spend, ZERO))} to spend is less than the"
            f" least order of {wire(least)}"
        )
    reason = f"{symbol} is {_short(spend)} below its weight"
    return Advice(state=None, signal=Signal.ENTER, reason=reason, spend=spend)


def _sell(symbol: str, surplus: Decimal, price: Decimal, view: View) -> Advice:
    if view.instrument is None or not price:
        return _hold(f"{symbol} is above its weight, but is not trading")
    wanted = min(surplus / price, view.holding.quantity)
    quantity = floor_to_step(wanted, view.instrument.step_size)
    if quantity <= ZERO or quantity * price < view.instrument.min_notional:
        return _hold(
            f"{symbol} is above its weight, but {_short(surplus)} is less than the least order"
        )
    reason = f"{symbol} is {_short(surplus)} above its weight"
    return Advice(state=None, signal=Signal.EXIT, reason=reason, quantity=quantity)


def _hold(reason: str) -> Advice:
    return Advice(state=None, signal=Signal.HOLD, reason=reason)


def _short(amount: Decimal) -> str:
    return f"{amount:.2f}"
