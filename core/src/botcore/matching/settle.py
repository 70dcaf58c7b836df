"""Move assets when an order trades, and give back what it held when it ends."""

from botcore.matching.commission import commission
from botcore.matching.floor import Floor
from botcore.matching.numbers import notional
from botcore.matching.orders import LIMIT_TYPES, Order, OrderStatus, Side, Trade
from botcore.matching.quotes import Level
from botcore.matching.reports import Execution

__all__ = ["finish", "hold_only", "release", "settle", "start"]

_FILLED = OrderStatus.FILLED
_PARTIALLY_FILLED = OrderStatus.PARTIALLY_FILLED


def start(floor: Floor, order: Order, now_ms: int) -> Order:
    """Put an order on the floor and report it as NEW."""
    floor.put(order)
    _touch(floor, order)
    floor.tell(order, Execution.NEW, now_ms)
    return order


def settle(floor: Floor, order: Order, fill: Level, now_ms: int, *, maker: bool) -> Order:
    """Trade a quantity at a price; the commission comes out of the received asset, or of BNB.

    A limit BUY that trades below its limit gets the difference back at once.
    """
    price, quantity = fill
    held, cost, asset = _swap(floor, order, fill, maker=maker)
    quote = notional(price, quantity)
    trade = Trade(
        id=floor.next_id(),
        account=order.account,
        order_id=order.id,
        list_id=order.list_id,
        symbol=order.symbol,
        side=order.side,
        price=price,
        quantity=quantity,
        quote=quote,
        commission=cost,
        commission_asset=asset,
        maker=maker,
        time_ms=now_ms,
    )
    order = order._replace(
        status=_PARTIALLY_FILLED if order.remaining > quantity else _FILLED,
        executed=order.executed + quantity,
        quote_executed=order.quote_executed + quote,
        locked=held,
        updated_ms=now_ms,
    )
    floor.changes.trades.append(trade)
    floor.touch(order.account, asset)
    _touch(floor, floor.put(order))
    floor.tell(order, Execution.TRADE, now_ms, trade=trade)
    return order


def _swap(floor: Floor, order: Order, fill: Level, *, maker: bool) -> tuple[int, int, str]:
    """Pay and receive; give what stays held, the commission and the asset it is in."""
    price, quantity = fill
    account = floor.accounts[order.account]
    instrument = floor.markets[order.symbol].instrument
    paid, paid_asset = notional(price, quantity), instrument.quote
    received, received_asset = quantity, instrument.base
    if order.side is Side.SELL:
        paid, paid_asset, received, received_asset = received, received_asset, paid, paid_asset
    left = order.locked - paid
    rest = order.remaining - quantity
    held = order.hold(rest) if order.type in LIMIT_TYPES else left if rest else 0
    account.spend(paid_asset, paid)
    account.release(paid_asset, left - held)
    account.credit(received_asset, received)
    rate = account.maker_rate if maker else account.taker_rate
    cost, asset = commission(floor, account, instrument, (order.side, price, quantity), rate)
    account.credit(asset, -cost)
    return held, cost, asset


def finish(
    floor: Floor,
    order: Order,
    now_ms: int,
    *,
    reason: str = "",
    cancel_client_id: str = "",
    reject_reason: str = "",
) -> Order:
    """End an order before it is filled: EXPIRED with a reason, else CANCELED.

    A `reject_reason` says why it could not be placed when its turn came (user data: r).
    """
    floor.lift(order)
    release(floor, order, order.locked)
    order = order._replace(
        status=OrderStatus.EXPIRED if reason else OrderStatus.CANCELED,
        locked=0,
        updated_ms=now_ms,
        expiry_reason=reason,
    )
    _touch(floor, floor.put(order))
    floor.tell(
        order,
        Execution.EXPIRED if reason else Execution.CANCELED,
        now_ms,
        cancel_client_id=cancel_client_id,
        reject_reason=reject_reason,
    )
    return order


def hold_only(floor: Floor, order: Order, amount: int) -> Order:
    """Give back what an order holds beyond this amount."""
    if order.locked <= amount:
        return order
    release(floor, order, order.locked - amount)
    _touch(floor, order)
    return floor.put(order._replace(locked=amount))


def release(floor: Floor, order: Order, amount: int) -> None:
    """Give an order's account back some of what the order holds."""
    instrument = floor.markets[order.symbol].instrument
    asset = instrument.quote if order.side is Side.BUY else instrument.base
    floor.accounts[order.account].release(asset, amount)


def _touch(floor: Floor, order: Order) -> None:
    instrument = floor.markets[order.symbol].instrument
    floor.touch(order.account, instrument.base, instrument.quote)
