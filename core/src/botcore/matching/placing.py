"""Accept a new order: check it, hold its funds, match it."""

from typing import Any

from botcore.matching.accounts import Account
from botcore.matching.filters import (
    check_bought,
    check_counts,
    check_filters,
    check_position,
)
from botcore.matching.floor import Floor
from botcore.matching.numbers import notional, rising_trigger
from botcore.matching.orders import ALGO_TYPES, Order, OrderRequest, OrderType, Side
from botcore.matching.quotes import SymbolMarket, SymbolStatus
from botcore.matching.refusals import (
    ACCOUNT_DISABLED,
    DUPLICATE_ORDER,
    MARKET_CLOSED,
    WOULD_TAKE,
    WOULD_TRIGGER,
    VenueError,
)
from botcore.matching.settle import start
from botcore.matching.taking import Plan, cost_of, counted, match, plan, would_take

__all__ = [
    "check_alone",
    "check_trigger",
    "draft",
    "funds",
    "is_triggered",
    "match_or_wait",
    "place",
    "plan_of",
    "validate",
]

_BUY = Side.BUY
_LIMIT_MAKER = OrderType.LIMIT_MAKER
_MARKET = OrderType.MARKET
_TRADING = SymbolStatus.TRADING


def place(floor: Floor, account: Account, request: OrderRequest, now_ms: int) -> Order:
    """Place one order; every refusal comes before the first change."""
    validate(floor, account, request)
    market = floor.markets[request.symbol]
    planned = plan_of(floor, account.uid, request)
    quantity = request.quantity
    if request.quote_quantity:
        quantity = counted(planned[0], request.prevention) + planned[1]
        check_bought(market.instrument, quantity)
    check_position(floor, account, request, quantity)
    asset, amount = funds(market, account, request, quantity, planned)
    account.lock(asset, amount)
    number = floor.next_id()
    order = draft(market, account.uid, request, now_ms, id=number, quantity=quantity, locked=amount)
    start(floor, order, now_ms)
    return match_or_wait(floor, order, planned, now_ms)


def validate(floor: Floor, account: Account, request: OrderRequest) -> None:
    """Refuse an order that breaks a rule, funds aside (this is all of order/test)."""
    check_alone(floor, account, request)
    check_counts(floor, account, [request])
    check_trigger(floor, account.uid, request)


def check_alone(floor: Floor, account: Account, request: OrderRequest) -> None:
    """Refuse what is wrong with an order whatever the market does and else is open."""
    market = floor.market(request.symbol)
    if market.status is not _TRADING:
        raise VenueError(*MARKET_CLOSED)
    if not account.can_trade:
        raise VenueError(*ACCOUNT_DISABLED)
    check_filters(floor, market, request)
    client_id = request.client_order_id
    if client_id and client_id in floor.owned[account.uid].symbols[request.symbol].client_ids:
        raise VenueError(*DUPLICATE_ORDER)


def check_trigger(floor: Floor, account: int, terms: OrderRequest | Order) -> None:
    """Refuse a stop that the market is past already, and a maker that would take."""
    if terms.type in ALGO_TYPES:
        if is_triggered(floor.markets[terms.symbol], terms):
            raise VenueError(*WOULD_TRIGGER)
    elif terms.type is _LIMIT_MAKER and would_take(floor, account, terms):
        raise VenueError(*WOULD_TAKE)


def is_triggered(market: SymbolMarket, terms: OrderRequest | Order) -> bool:
    """Tell whether the market is already past a conditional order's stop price."""
    if not terms.stop_price:
        return False
    if terms.triggers_above:
        return market.last >= terms.stop_price
    return market.last <= terms.stop_price


def plan_of(floor: Floor, account: int, terms: OrderRequest | Order) -> Plan:
    """List what an order meets when it is placed; nothing if it waits for its trigger."""
    if terms.type in ALGO_TYPES:
        return [], 0
    return plan(floor, account, terms, terms.quantity)


def funds(
    market: SymbolMarket,
    account: Account,
    terms: OrderRequest | Order,
    quantity: int,
    planned: Plan,
) -> tuple[str, int]:
    """Say what an order must hold: asset and amount.

    A stop that buys at market price holds what it costs at its trigger.
    """
    instrument = market.instrument
    if terms.side is not _BUY:
        return instrument.base, quantity
    if terms.type is _MARKET:
        account.require(instrument.quote, terms.quote_quantity)
        return instrument.quote, cost_of(planned[0], terms.prevention)
    price = terms.price or terms.stop_price or rising_trigger(market.last, terms.trailing_delta)
    return instrument.quote, notional(price, quantity)


def draft(
    market: SymbolMarket, account: int, request: OrderRequest, now_ms: int, **more: Any
) -> Order:
    """Turn a request into an order; `more` brings its id, quantity, holding and list."""
    is_algo = request.type in ALGO_TYPES
    tracks = request.trailing_delta > 0 and not request.stop_price
    return Order(
        account=account,
        symbol=request.symbol,
        side=request.side,
        type=request.type,
        time_in_force=request.time_in_force,
        quote_quantity=request.quote_quantity,
        price=request.price,
        stop_price=request.stop_price,
        trailing_delta=request.trailing_delta,
        trailing_ms=now_ms if tracks else -1,
        trailing_best=market.last if tracks else 0,
        iceberg_quantity=request.iceberg_quantity,
        strategy_id=request.strategy_id,
        strategy_type=request.strategy_type,
        client_order_id=request.client_order_id or f"auto-{more['id']}",
        prevention=request.prevention,
        created_ms=now_ms,
        updated_ms=now_ms,
        working_ms=-1 if is_algo else now_ms,
        **more,
    )


def match_or_wait(floor: Floor, order: Order, planned: Plan, now_ms: int) -> Order:
    """Let a new order meet what was planned, or wait for its trigger."""
    if order.working_ms >= 0:
        return match(floor, order, planned, now_ms)
    floor.rest(order)
    return order
