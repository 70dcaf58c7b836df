"""Builds orders: the next client order id, sides, prices."""

from decimal import Decimal

from botcore.domain.instruments import Instrument
from botcore.domain.money import ZERO, ceil_to_step, floor_to_step
from botcore.domain.orders import Order, OrderType, Purpose, Side, client_order_id
from botcore.domain.records import replace
from botrunner.trading.commands import PlaceOrder, PlaceOrderList
from botrunner.trading.rules import Rules
from botrunner.trading.state import BotState, Key, Step
from botrunner.trading.strategies.base import Quote

__all__ = [
    "StopPrices",
    "place_entry",
    "place_exit",
    "place_pair",
    "place_quote",
    "place_stop",
    "place_target",
    "reserve",
    "stop_prices",
    "target_price",
]

_STOP_SLIPPAGE = Decimal("0.99")
"""The limit of a triggered stop lies one per cent below its trigger."""
_RESERVE = Decimal("1.01")
"""A purchase reserves one per cent more than its estimate, for slippage and fees."""
_HUNDRED = Decimal(100)

StopPrices = tuple[Decimal, Decimal]
"""Trigger and limit price, in quote asset."""


def stop_prices(base: Decimal, percent: Decimal, instrument: Instrument) -> StopPrices:
    """Return the trigger, rounded up, and the limit, rounded down (TR-23).

    Of a long position's stop `percent` below `base` (quote asset).
    """
    trigger = ceil_to_step(base * (1 - percent / _HUNDRED), instrument.tick_size)
    return trigger, floor_to_step(trigger * _STOP_SLIPPAGE, instrument.tick_size)


def target_price(base: Decimal, percent: Decimal, instrument: Instrument) -> Decimal:
    """Return the price `percent` above `base`, rounded up, so that a target never earns less."""
    return ceil_to_step(base * (1 + percent / _HUNDRED), instrument.tick_size)


def reserve(quantity: Decimal, price: Decimal) -> Decimal:
    """Return the quote asset a purchase sets aside until it is over."""
    return quantity * price * _RESERVE


def place_entry(
    state: BotState, rules: Rules, key: Key, *, quantity: Decimal, price: Decimal
) -> Step:
    """Buy at the market; the estimate is reserved from the strategy's capital."""
    reserved = reserve(quantity, price)
    return _place_entry(state, _draft(state, rules, key, Purpose.ENTRY, quantity, reserved))


def place_exit(state: BotState, rules: Rules, key: Key, quantity: Decimal) -> Step:
    """Sell own lots at the market."""
    return _place(state, _draft(state, rules, key, Purpose.EXIT, quantity))


def place_stop(
    state: BotState, rules: Rules, key: Key, quantity: Decimal, prices: StopPrices
) -> Step:
    """Rest a stop on the exchange, where it protects without us."""
    draft = _draft(state, rules, key, Purpose.STOP_LOSS, quantity)
    return _place(state, _as_stop(draft, prices))


def place_target(
    state: BotState, rules: Rules, key: Key, quantity: Decimal, price: Decimal
) -> Step:
    """Rest a limit sale on the exchange."""
    draft = _draft(state, rules, key, Purpose.TAKE_PROFIT, quantity)
    return _place(state, replace(draft, type=OrderType.LIMIT, price=price))


def place_pair(
    state: BotState,
    rules: Rules,
    key: Key,
    *,
    quantity: Decimal,
    target: Decimal,
    stop: StopPrices,
) -> Step:
    """Rest a target and a stop on the exchange, of which one ends the other (OCO)."""
    above = _draft(state, rules, key, Purpose.TAKE_PROFIT, quantity)
    after = replace(state, sequence=state.sequence + 1)
    below = _as_stop(_draft(after, rules, key, Purpose.STOP_LOSS, quantity), stop)
    list_id = f"{above.client_order_id}-list"
    above = replace(above, type=OrderType.LIMIT_MAKER, price=target, list_client_order_id=list_id)
    below = replace(below, list_client_order_id=list_id)
    after = replace(after.with_order(above).with_order(below), sequence=state.sequence + 2)
    return Step(state=after, commands=(PlaceOrderList(above=above, below=below),))


def place_quote(state: BotState, rules: Rules, key: Key, quote: Quote) -> Step:
    """Rest a limit order of a strategy that quotes; a purchase reserves its worth."""
    is_buy = quote.side is Side.BUY
    purpose = Purpose.ENTRY if is_buy else Purpose.TAKE_PROFIT
    reserved = reserve(quote.quantity, quote.price) if is_buy else ZERO
    draft = _draft(state, rules, key, purpose, quote.quantity, reserved)
    draft = replace(draft, type=OrderType.LIMIT, price=quote.price)
    return _place_entry(state, draft) if is_buy else _place(state, draft)


def _as_stop(draft: Order, prices: StopPrices) -> Order:
    return replace(draft, type=OrderType.STOP_LOSS_LIMIT, stop_price=prices[0], price=prices[1])


def _place_entry(state: BotState, draft: Order) -> Step:
    step = _place(state, draft)
    times = (*state.entry_times[-300:], draft.venue_time)
    return Step(state=replace(step.state, entry_times=times), commands=step.commands)


def _draft(
    state: BotState,
    rules: Rules,
    key: Key,
    purpose: Purpose,
    quantity: Decimal,
    reserved: Decimal = ZERO,
) -> Order:
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
        reserved_quote=reserved,
        venue_time=state.venue_time,
    )


def _place(state: BotState, order: Order) -> Step:
    after = replace(state.with_order(order), sequence=state.sequence + 1)
    return Step(state=after, commands=(PlaceOrder(order=order),))
