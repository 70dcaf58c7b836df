"""Builds orders: the next client order id, sides, prices."""

from dataclasses import replace
from decimal import Decimal

from botcore.domain.instruments import Instrument
from botcore.domain.money import ZERO, ceil_to_step, floor_to_step
from botcore.domain.orders import Order, OrderType, Purpose, Side, client_order_id
from botrunner.trading.commands import PlaceOrder
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Key, Step

__all__ = ["StopPrices", "place_entry", "place_exit", "place_stop", "stop_prices"]

_STOP_SLIPPAGE = Decimal("0.99")
"""The limit of a triggered stop lies one per cent below its trigger."""
_RESERVE = Decimal("1.01")
"""A market purchase reserves one per cent more than its estimate, for slippage and fees."""

StopPrices = tuple[Decimal, Decimal]
"""Trigger and limit price, in quote asset."""


def stop_prices(average_cost: Decimal, percent: Decimal, instrument: Instrument) -> StopPrices:
    """Return the trigger, rounded up, and the limit, rounded down.

    Of a long position's stop (TR-23).
    """
    trigger = ceil_to_step(average_cost * (1 - percent / 100), instrument.tick_size)
    return trigger, floor_to_step(trigger * _STOP_SLIPPAGE, instrument.tick_size)


def place_entry(
    state: BotState, rules: Rules, key: Key, *, quantity: Decimal, price: Decimal
) -> Step:
    """Buy at the market; the estimate is reserved from the strategy's capital."""
    draft = replace(
        _draft(state, rules, key, Purpose.ENTRY, quantity),
        reserved_quote=quantity * price * _RESERVE,
    )
    step = _place(state, draft)
    times = (*state.entry_times[-300:], draft.venue_time)
    return Step(state=replace(step.state, entry_times=times), commands=step.commands)


def place_exit(state: BotState, rules: Rules, key: Key, quantity: Decimal) -> Step:
    """Sell own lots at the market."""
    return _place(state, _draft(state, rules, key, Purpose.EXIT, quantity))


def place_stop(
    state: BotState, rules: Rules, key: Key, quantity: Decimal, prices: StopPrices
) -> Step:
    """Rest a stop on the exchange, where it protects without us."""
    draft = _draft(state, rules, key, Purpose.STOP_LOSS, quantity)
    return _place(
        state, replace(draft, type=OrderType.STOP_LOSS_LIMIT, stop_price=prices[0], price=prices[1])
    )


def _draft(state: BotState, rules: Rules, key: Key, purpose: Purpose, quantity: Decimal) -> Order:
    if state.venue_time is None:
        raise AssertionError("an order needs the venue's time")
    return Order(
        strategy=key[0],
        symbol=key[1],
        client_order_id=client_order_id(rules.bot_uid, state.epoch, state.sequence + 1),
        epoch=state.epoch,
        purpose=purpose,
        side=Side.BUY if purpose is Purpose.ENTRY else Side.SELL,
        type=OrderType.MARKET,
        quantity=quantity,
        reserved_quote=ZERO,
        venue_time=state.venue_time,
    )


def _place(state: BotState, order: Order) -> Step:
    after = replace(state.with_order(order), sequence=state.sequence + 1)
    return Step(state=after, commands=(PlaceOrder(order=order),))
