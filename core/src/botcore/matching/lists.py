"""Order lists: OCO (two exits for one holding) and OTO (one order, then one or two more)."""

from dataclasses import dataclass

from botcore.matching.accounts import Account
from botcore.matching.filters import check_counts, check_position
from botcore.matching.floor import Floor
from botcore.matching.orders import (
    ALGO_TYPES,
    STOP_TYPES,
    Contingency,
    Order,
    OrderRequest,
    OrderStatus,
    OrderType,
    Side,
)
from botcore.matching.placing import (
    check_alone,
    check_trigger,
    draft,
    funds,
    is_triggered,
    match_or_wait,
    plan_of,
)
from botcore.matching.quotes import SymbolMarket
from botcore.matching.refusals import (
    DUPLICATE_ORDER,
    UNSUPPORTED_COMBINATION,
    WRONG_PRICES,
    VenueError,
)
from botcore.matching.settle import start

__all__ = [
    "ListRequest",
    "OcoRequest",
    "OtoRequest",
    "check_pair",
    "pair_funds",
    "place_list",
]

_NOTHING: tuple[list[tuple[int, int, int]], int] = ([], 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OcoRequest:
    """Two orders of which only one can trade: `above` and `below` the market."""

    above: OrderRequest
    below: OrderRequest
    list_client_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtoRequest:
    """A working order and what goes on the book once it is fully filled.

    One pending order makes an OTO list, two (above and below the market) an OTOCO list.
    """

    working: OrderRequest
    pending: tuple[OrderRequest, ...]
    list_client_id: str = ""


ListRequest = OcoRequest | OtoRequest


def place_list(floor: Floor, account: Account, request: ListRequest, now_ms: int) -> list[Order]:
    """Place a list; gives its orders as the answer shows them: pending ones as PENDING_NEW."""
    if isinstance(request, OcoRequest):
        return _place_oco(floor, account, request, now_ms)
    return _place_oto(floor, account, request, now_ms)


def check_pair(floor: Floor, account: int, legs: list[OrderRequest] | list[Order]) -> None:
    """Refuse OCO legs that do not lie on both sides of the market, or would act at once."""
    pair: list[OrderRequest | Order] = list(legs)
    pair.sort(key=lambda leg: (leg.type in STOP_TYPES) != (leg.side is Side.BUY))
    above, below = pair
    market = floor.markets[above.symbol]
    for leg in (above, below):
        # Binance's rule names the limit price of a take profit, its stop price must hold as well.
        prices = [leg.stop_price or leg.price] if leg.stop_price or not leg.trailing_delta else []
        if leg.type is OrderType.TAKE_PROFIT_LIMIT:
            prices.append(leg.price)
        if any(price <= market.last for price in prices) and leg is above:
            raise VenueError(*WRONG_PRICES)
        if any(price >= market.last for price in prices) and leg is below:
            raise VenueError(*WRONG_PRICES)
        if leg.type in ALGO_TYPES and is_triggered(market, leg):
            raise VenueError(*WRONG_PRICES)
        check_trigger(floor, account, leg)


def pair_funds(
    market: SymbolMarket, account: Account, legs: list[OrderRequest] | list[Order]
) -> tuple[str, int]:
    """Say what an OCO pair must hold: what the larger leg needs."""
    return max(funds(market, account, leg, leg.quantity, _NOTHING) for leg in legs)


def _place_oco(floor: Floor, account: Account, request: OcoRequest, now_ms: int) -> list[Order]:
    legs = [request.above, request.below]
    _check_legs(floor, account, legs, request.list_client_id)
    _check_same(legs)
    check_pair(floor, account.uid, legs)
    market = floor.markets[legs[0].symbol]
    for leg in legs:
        check_position(floor, account, leg, leg.quantity)
    asset, amount = pair_funds(market, account, legs)
    account.lock(asset, amount)
    orders = _draft_all(floor, account, _stop_first(legs), request.list_client_id, now_ms)
    orders[0] = orders[0]._replace(locked=amount)
    floor.open_list(orders)
    floor.tell_list(orders, now_ms)
    for order in orders:
        start(floor, order, now_ms)
        floor.rest(order)
    return orders


def _place_oto(floor: Floor, account: Account, request: OtoRequest, now_ms: int) -> list[Order]:
    working, pending = request.working, list(request.pending)
    if working.type not in (OrderType.LIMIT, OrderType.LIMIT_MAKER):
        raise VenueError(*UNSUPPORTED_COMBINATION)
    if any(leg.quote_quantity for leg in pending) or not 1 <= len(pending) <= 2:
        raise VenueError(*UNSUPPORTED_COMBINATION)
    _check_legs(floor, account, [working, *pending], request.list_client_id)
    if len(pending) == 2:
        _check_same(pending)
        pending = _stop_first(pending)
    check_trigger(floor, account.uid, working)
    check_position(floor, account, working, working.quantity)
    market = floor.markets[working.symbol]
    planned = plan_of(floor, account.uid, working)
    asset, amount = funds(market, account, working, working.quantity, planned)
    account.lock(asset, amount)
    first, *rest = _draft_all(
        floor, account, [working, *pending], request.list_client_id, now_ms, Contingency.OTO
    )
    first = first._replace(locked=amount)
    rest = [
        leg._replace(status=OrderStatus.PENDING_NEW, working_ms=-1, trailing_ms=-1, trailing_best=0)
        for leg in rest
    ]
    floor.open_list([first, *rest])
    floor.tell_list([first, *rest], now_ms)
    for order in (first, *rest):
        start(floor, order, now_ms)
    return [match_or_wait(floor, first, planned, now_ms), *rest]


def _check_legs(
    floor: Floor, account: Account, legs: list[OrderRequest], list_client_id: str
) -> None:
    for leg in legs:
        check_alone(floor, account, leg)
    names = [leg.client_order_id for leg in legs if leg.client_order_id]
    if len(set(names)) < len(names) or len({leg.symbol for leg in legs}) > 1:
        raise VenueError(*DUPLICATE_ORDER)
    if list_client_id and list_client_id in floor.owned[account.uid].list_ids:
        raise VenueError(*DUPLICATE_ORDER)
    check_counts(floor, account, legs, lists=1)


def _check_same(legs: list[OrderRequest]) -> None:
    """Refuse a pair whose legs are no exits of one holding."""
    above, below = legs
    is_pair = above.side is below.side and above.quantity == below.quantity
    kinds = {above.type, below.type}
    if not is_pair or kinds & {OrderType.MARKET, OrderType.LIMIT} or len(kinds & STOP_TYPES) != 1:
        raise VenueError(*UNSUPPORTED_COMBINATION)


def _stop_first(legs: list[OrderRequest]) -> list[OrderRequest]:
    """Sort a pair as Binance numbers it: the stop leg before the other one."""
    return sorted(legs, key=lambda leg: leg.type not in STOP_TYPES)


def _draft_all(
    floor: Floor,
    account: Account,
    legs: list[OrderRequest],
    list_client_id: str,
    now_ms: int,
    contingency: Contingency = Contingency.OCO,
) -> list[Order]:
    """Give the orders of a list their ids; they hold nothing yet."""
    market = floor.markets[legs[0].symbol]
    list_id = floor.next_id()
    return [
        draft(
            market,
            account.uid,
            leg,
            now_ms,
            id=floor.next_id(),
            quantity=leg.quantity,
            list_id=list_id,
            list_client_id=list_client_id or f"list-{list_id}",
            contingency=contingency,
        )
        for leg in legs
    ]
