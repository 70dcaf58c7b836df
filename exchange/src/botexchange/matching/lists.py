"""Order lists: OCO, two exits for one holding."""

from dataclasses import dataclass, replace

from botexchange.matching.accounts import Account
from botexchange.matching.filters import check_counts
from botexchange.matching.floor import Floor
from botexchange.matching.orders import (
    ALGO_TYPES,
    LIMIT_TYPES,
    Contingency,
    Order,
    OrderRequest,
    Side,
)
from botexchange.matching.placing import check_alone, draft, is_triggered
from botexchange.matching.quotes import SymbolMarket
from botexchange.matching.refusals import DUPLICATE_ORDER, WRONG_PRICES, VenueError
from botexchange.matching.settle import finish, start

__all__ = ["ListRequest", "OcoRequest", "OtoRequest", "end_siblings", "place_list"]


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
    """Place a list; gives its orders in Binance's order."""
    if isinstance(request, OtoRequest):
        raise VenueError(-1014, "Unsupported order combination.")
    return _place_oco(floor, account, request, now_ms)


def _place_oco(floor: Floor, account: Account, request: OcoRequest, now_ms: int) -> list[Order]:
    """Place both legs; they share what the larger one holds."""
    market = floor.market(request.above.symbol)
    _validate(floor, account, market, request)
    instrument = market.instrument
    drafts = [draft(account, leg, now_ms) for leg in (request.above, request.below)]
    if drafts[0].side is Side.BUY:
        asset, amount = instrument.quote, max(leg.hold(leg.quantity) for leg in drafts)
    else:
        asset, amount = instrument.base, drafts[0].quantity
    account.lock(asset, amount)
    list_id = floor.next_id()
    list_client_id = request.list_client_id or f"list-{list_id}"
    legs = []
    for holds, leg in zip((amount, 0), drafts, strict=True):
        order_id = floor.next_id()
        legs.append(
            replace(
                leg,
                id=order_id,
                client_order_id=leg.client_order_id or f"auto-{order_id}",
                locked=holds,
                list_id=list_id,
                contingency=Contingency.OCO,
                list_client_id=list_client_id,
            )
        )
    floor.tell_list(tuple(legs), now_ms, is_done=False)
    return [start(floor, leg, now_ms) for leg in legs]


def end_siblings(floor: Floor, order: Order, now_ms: int, *, cancel_client_id: str = "") -> Order:
    """End the other leg because this one acts; it takes over the held funds.

    Without a `cancel_client_id` the leg expires (OCO_TRIGGER), with one it is canceled.
    """
    for other in floor.siblings(order):
        held = other.locked + order.locked
        reason = "" if cancel_client_id else "OCO_TRIGGER"
        finish(
            floor,
            floor.put(replace(other, locked=0)),
            now_ms,
            reason=reason,
            cancel_client_id=cancel_client_id,
        )
        order = floor.put(replace(order, locked=held))
    return order


def _validate(floor: Floor, account: Account, market: SymbolMarket, request: OcoRequest) -> None:
    legs = (request.above, request.below)
    for leg in legs:
        check_alone(floor, account, leg)
        if leg.type not in LIMIT_TYPES and leg.side is Side.BUY:
            raise VenueError(-1014, "Unsupported order combination.")
    if legs[0].client_order_id and legs[0].client_order_id == legs[1].client_order_id:
        raise VenueError(*DUPLICATE_ORDER)
    open_types = [order.type for order in floor.open_orders(account.uid, request.above.symbol)]
    check_counts(market.instrument, open_types, [leg.type for leg in legs])
    if not _level(request.below) < market.last < _level(request.above):
        raise VenueError(*WRONG_PRICES)
    if any(leg.type in ALGO_TYPES and is_triggered(market, leg) for leg in legs):
        raise VenueError(*WRONG_PRICES)


def _level(leg: OrderRequest) -> int:
    return leg.stop_price or leg.price
