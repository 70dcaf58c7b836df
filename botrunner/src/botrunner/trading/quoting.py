"""Keeps the limit orders a strategy wants resting equal to those that rest.

A quote whose order has ended is spent: the strategy's next candle says whether it is wanted again, so that a
level never fills twice in one candle.
"""

from botcore.domain.money import ZERO
from botcore.domain.orders import Order, OrderType, Purpose, Side
from botcore.domain.records import replace
from botrunner.trading.cancelling import cancel, is_unresolved
from botrunner.trading.drafting import place_pair, place_quote, reserve
from botrunner.trading.resting import wanted_stop
from botrunner.trading.risk import count_block, standing_block
from botrunner.trading.rules import Rules, StrategyRule
from botrunner.trading.sizing import free_capital
from botrunner.trading.state import BotState, Key, Step
from botrunner.trading.strategies.base import Quote

__all__ = ["keep_quotes", "spend_quote"]


def keep_quotes(state: BotState, rules: Rules, key: Key) -> Step:
    """Cancel what is no longer wanted, then place what is missing; entries only while nothing blocks them."""
    rule = rules.strategy(key[0])
    quotes = state.quotes.get(key)
    if quotes is None or rule is None or state.is_fenced or state.venue_time is None:
        return Step(state=state)
    if key in state.exiting or key in state.trims:
        return Step(state=state)
    orders = state.orders_of(key)
    if any(is_unresolved(order) for order in orders):
        return Step(state=state)
    if standing_block(state, rules, key) is not None:
        quotes = tuple(quote for quote in quotes if quote.side is Side.SELL)
    working = tuple(o for o in orders if o.is_working and _is_quote(o))
    levels = {(quote.side, quote.price) for quote in quotes}
    stale = tuple(o for o in working if (o.side, o.price) not in levels)
    if stale:
        return cancel(state, stale)
    resting = {(o.side, o.price) for o in working}
    step = Step(state=state)
    for quote in quotes:
        if (quote.side, quote.price) not in resting:
            step = step.then(_place(step.state, rules, rule, key, quote))
    return step


def spend_quote(state: BotState, order: Order) -> BotState:
    """Take an ended order's level off the wish."""
    key = (order.strategy, order.symbol)
    quotes = state.quotes.get(key)
    if quotes is None or order.is_working or not _is_quote(order):
        return state
    left = tuple(q for q in quotes if (q.side, q.price) != (order.side, order.price))
    return replace(state, quotes={**state.quotes, key: left})


def _is_quote(order: Order) -> bool:
    return order.purpose in {Purpose.ENTRY, Purpose.TAKE_PROFIT} and order.type in {
        OrderType.LIMIT,
        OrderType.LIMIT_MAKER,
    }


def _place(state: BotState, rules: Rules, rule: StrategyRule, key: Key, quote: Quote) -> Step:
    if quote.side is Side.SELL:
        return _sell(state, rules, rule, key, quote)
    cost = reserve(quote.quantity, quote.price)
    blocked = count_block(state, rules, key, cost) is not None
    if blocked or cost > free_capital(state, rule):
        return Step(state=state)
    return place_quote(state, rules, key, quote)


def _sell(state: BotState, rules: Rules, rule: StrategyRule, key: Key, quote: Quote) -> Step:
    """Sell at the level, with the stop beside it as long as the venue takes another stop (TR-26)."""
    # A pair sells its quantity once, whichever leg it is.
    on_sale = sum(
        (o.quantity - o.executed_quantity for o in state.working(key, Purpose.TAKE_PROFIT)), ZERO
    )
    if key in state.unprotected or on_sale + quote.quantity > state.sub_book(key).quantity:
        return Step(state=state)
    instrument = rules.instruments[key[1]]
    stop = wanted_stop(state, key, rule.exits, instrument)
    stops = sum(o.purpose is Purpose.STOP_LOSS for o in state.orders_of(key))
    if stop is None or stops >= instrument.max_algo_orders or stop[0] >= quote.price:
        return place_quote(state, rules, key, quote)
    return place_pair(state, rules, key, quantity=quote.quantity, target=quote.price, stop=stop)
