"""Accept a new order: check it, hold its funds, match it."""

from dataclasses import replace

from botexchange.matching.accounts import Account
from botexchange.matching.filters import check_counts, check_filters
from botexchange.matching.floor import Floor
from botexchange.matching.numbers import notional
from botexchange.matching.orders import (
    ALGO_TYPES,
    LIMIT_TYPES,
    Order,
    OrderRequest,
    OrderType,
    Side,
)
from botexchange.matching.quotes import Level, SymbolMarket
from botexchange.matching.refusals import (
    DUPLICATE_ORDER,
    MARKET_CLOSED,
    WOULD_TAKE,
    WOULD_TRIGGER,
    VenueError,
)
from botexchange.matching.settle import start
from botexchange.matching.taking import match, plan

__all__ = ["check_alone", "draft", "is_triggered", "place", "validate"]


def place(floor: Floor, account: Account, request: OrderRequest, now_ms: int) -> Order:
    """Place one order; every refusal comes before the first change."""
    validate(floor, account, request)
    market = floor.market(request.symbol)
    order = draft(account, request, now_ms)
    fills = [] if request.type in ALGO_TYPES else plan(market, order)
    if request.quote_quantity:
        order = replace(order, quantity=sum(quantity for _, quantity in fills))
    asset, amount = _funds(market, account, order, fills)
    account.lock(asset, amount)
    order_id = floor.next_id()
    order = replace(
        order,
        id=order_id,
        client_order_id=request.client_order_id or f"auto-{order_id}",
        locked=amount,
    )
    start(floor, order, now_ms)
    return order if order.is_waiting else match(floor, order, fills, now_ms)


def validate(floor: Floor, account: Account, request: OrderRequest) -> None:
    """Refuse an order that breaks a rule, funds aside (this is all of order/test)."""
    check_alone(floor, account, request)
    market = floor.market(request.symbol)
    open_types = [order.type for order in floor.open_orders(account.uid, request.symbol)]
    check_counts(market.instrument, open_types, [request.type])
    if request.type in ALGO_TYPES and is_triggered(market, request):
        raise VenueError(*WOULD_TRIGGER)
    if request.type is OrderType.LIMIT_MAKER and market.would_match(request.side, request.price):
        raise VenueError(*WOULD_TAKE)


def check_alone(floor: Floor, account: Account, request: OrderRequest) -> None:
    """Refuse what is wrong with an order whatever else is open."""
    market = floor.market(request.symbol)
    if market.is_halted:
        raise VenueError(*MARKET_CLOSED)
    check_filters(market, request)
    client_id = request.client_order_id
    if client_id and floor.is_open_client_id(account.uid, request.symbol, client_id):
        raise VenueError(*DUPLICATE_ORDER)


def is_triggered(market: SymbolMarket, request: OrderRequest) -> bool:
    """Tell whether the market is already past a conditional order's trigger."""
    if request.triggers_above:
        return market.last >= request.stop_price
    return market.last <= request.stop_price


def draft(account: Account, request: OrderRequest, now_ms: int) -> Order:
    """Turn a request into an order that has no id and holds nothing yet."""
    return Order(
        id=0,
        account=account.uid,
        symbol=request.symbol,
        side=request.side,
        type=request.type,
        time_in_force=request.time_in_force,
        quantity=request.quantity,
        quote_quantity=request.quote_quantity,
        price=request.price,
        stop_price=request.stop_price,
        trailing_delta=request.trailing_delta,
        iceberg_quantity=request.iceberg_quantity,
        strategy_id=request.strategy_id,
        strategy_type=request.strategy_type,
        client_order_id=request.client_order_id,
        prevention=request.prevention,
        created_ms=now_ms,
        updated_ms=now_ms,
        working_ms=-1 if request.type in ALGO_TYPES else now_ms,
    )


def _funds(
    market: SymbolMarket, account: Account, order: Order, fills: list[Level]
) -> tuple[str, int]:
    """Say what to hold: a STOP_LOSS BUY at market price holds nothing until it triggers."""
    instrument = market.instrument
    if order.side is Side.SELL:
        return instrument.base, order.quantity
    if order.type in LIMIT_TYPES:
        return instrument.quote, order.hold(order.quantity)
    if order.type in ALGO_TYPES:
        account.require(instrument.quote, notional(order.stop_price, order.quantity))
        return instrument.quote, 0
    account.require(instrument.quote, order.quote_quantity)
    return instrument.quote, sum(notional(price, quantity) for price, quantity in fills)
