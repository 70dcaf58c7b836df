"""Filters, exactly as documented; a failure is code -1013 with the filter's name.

A bound of 0 switches its rule off. Products are compared exactly, in units of 1e-16.
"""

from collections.abc import Sequence

from botcore.matching.accounts import Account
from botcore.matching.floor import Floor
from botcore.matching.instruments import Instrument
from botcore.matching.numbers import SCALE, ceil_div
from botcore.matching.orders import (
    ALGO_TYPES,
    LIMIT_TYPES,
    Order,
    OrderRequest,
    OrderType,
    Side,
    TimeInForce,
)
from botcore.matching.quotes import SymbolMarket
from botcore.matching.refusals import (
    ICEBERG_TOO_LARGE,
    LITTLE_LIQUIDITY,
    NO_LIQUIDITY,
    NO_VALUE,
    UNSUPPORTED_COMBINATION,
    VenueError,
    filter_failure,
)

__all__ = ["check_bought", "check_counts", "check_filters", "check_lot", "check_position"]

Terms = OrderRequest | Order
_MARKET = OrderType.MARKET


def check_filters(floor: Floor, market: SymbolMarket, terms: Terms) -> None:
    """Refuse an order whose own numbers break a filter of its symbol or an asset filter."""
    instrument = market.instrument
    if terms.price:
        _check_price(instrument, terms.price)
        _check_percent(instrument, terms, market.average())
    if terms.stop_price:
        _check_price(instrument, terms.stop_price)
    if terms.quantity or not terms.quote_quantity:
        check_lot(instrument, terms, terms.quantity)
    if terms.iceberg_quantity:
        _check_iceberg(instrument, terms)
    if terms.trailing_delta:
        low, high = instrument.trailing_above if terms.triggers_above else instrument.trailing_below
        if terms.trailing_delta < low or (high and terms.trailing_delta > high):
            raise filter_failure("TRAILING_DELTA")
    _check_notional(floor, market, terms)


def check_lot(instrument: Instrument, terms: Terms, quantity: int) -> None:
    """Refuse a quantity that breaks LOT_SIZE or, for a MARKET order, MARKET_LOT_SIZE."""
    _check_lot_size(instrument, quantity)
    if terms.type is _MARKET:
        step, most = instrument.market_step, instrument.market_max_quantity
        if quantity < instrument.market_min_quantity or (most and quantity > most):
            raise filter_failure("MARKET_LOT_SIZE")
        if step and quantity % step:
            raise filter_failure("MARKET_LOT_SIZE")


def check_bought(instrument: Instrument, quantity: int) -> None:
    """Refuse a MARKET order whose quote amount comes to a quantity that can't be traded."""
    if not quantity:
        raise VenueError(*NO_LIQUIDITY)
    least = instrument.step if instrument.min_quantity is None else instrument.min_quantity
    if quantity < max(least, instrument.market_min_quantity):
        raise VenueError(*LITTLE_LIQUIDITY)
    if instrument.max_quantity and quantity > instrument.max_quantity:
        raise filter_failure("LOT_SIZE")
    if instrument.market_max_quantity and quantity > instrument.market_max_quantity:
        raise filter_failure("MARKET_LOT_SIZE")


def check_counts(floor: Floor, account: Account, new: Sequence[Terms], *, lists: int = 0) -> None:
    """Refuse orders that would be one too many among an account's open ones."""
    symbol = new[0].symbol
    owned, one, rules = floor.owned[account.uid], floor.markets[symbol].instrument, floor.rules
    here, total, count = owned.symbols[symbol].count, owned.count, len(new)
    _check_count("MAX_NUM_ORDERS", here.orders + count, one.max_orders)
    _check_count("EXCHANGE_MAX_NUM_ORDERS", total.orders + count, rules.max_orders)
    algos = icebergs = 0
    for terms in new:
        algos += terms.type in ALGO_TYPES
        icebergs += terms.iceberg_quantity > 0
    if algos:
        _check_count("MAX_NUM_ALGO_ORDERS", here.algos + algos, one.max_algo_orders)
        _check_count("EXCHANGE_MAX_NUM_ALGO_ORDERS", total.algos + algos, rules.max_algo_orders)
    if icebergs:
        _check_count("MAX_NUM_ICEBERG_ORDERS", here.icebergs + icebergs, one.max_iceberg_orders)
        count = total.icebergs + icebergs
        _check_count("EXCHANGE_MAX_NUM_ICEBERG_ORDERS", count, rules.max_iceberg_orders)
    if lists:
        _check_count("MAX_NUM_ORDER_LISTS", here.lists + lists, one.max_order_lists)
        _check_count("EXCHANGE_MAX_NUM_ORDER_LISTS", total.lists + lists, rules.max_order_lists)


def _check_count(name: str, count: int, most: int) -> None:
    if most and count > most:
        raise filter_failure(name)


def check_position(floor: Floor, account: Account, terms: Terms, quantity: int) -> None:
    """Refuse a BUY that could make the account's position too large (MAX_POSITION)."""
    market = floor.markets[terms.symbol]
    most, base = market.instrument.max_position, market.instrument.base
    if not most or terms.side is Side.SELL:
        return
    position = account.free.get(base, 0) + account.locked.get(base, 0) + quantity
    for order in floor.open_orders(account.uid, terms.symbol):
        if order.side is Side.BUY:
            position += order.remaining
    if position > most:
        raise filter_failure("MAX_POSITION")


def _check_price(instrument: Instrument, price: int) -> None:
    least = instrument.tick if instrument.min_price is None else instrument.min_price
    if price < least or (instrument.max_price and price > instrument.max_price):
        raise filter_failure("PRICE_FILTER")
    if instrument.tick and price % instrument.tick:
        raise filter_failure("PRICE_FILTER")


def _check_percent(instrument: Instrument, terms: Terms, average: int) -> None:
    down, up = instrument.bid_multiplier_down, instrument.bid_multiplier_up
    if terms.side is Side.SELL:
        down, up = instrument.ask_multiplier_down, instrument.ask_multiplier_up
    scaled = terms.price * SCALE
    if scaled < average * down or (up and scaled > average * up):
        raise filter_failure("PERCENT_PRICE_BY_SIDE")


def _check_lot_size(instrument: Instrument, quantity: int) -> None:
    least = instrument.step if instrument.min_quantity is None else instrument.min_quantity
    if quantity < least or (instrument.max_quantity and quantity > instrument.max_quantity):
        raise filter_failure("LOT_SIZE")
    if instrument.step and quantity % instrument.step:
        raise filter_failure("LOT_SIZE")


def _check_iceberg(instrument: Instrument, terms: Terms) -> None:
    if terms.type not in LIMIT_TYPES or terms.time_in_force is not TimeInForce.GTC:
        raise VenueError(*UNSUPPORTED_COMBINATION)
    if terms.iceberg_quantity > terms.quantity:
        raise VenueError(*ICEBERG_TOO_LARGE)
    _check_lot_size(instrument, terms.iceberg_quantity)
    parts = ceil_div(terms.quantity, terms.iceberg_quantity)
    if instrument.iceberg_parts and parts > instrument.iceberg_parts:
        raise filter_failure("ICEBERG_PARTS")


def _check_notional(floor: Floor, market: SymbolMarket, terms: Terms) -> None:
    instrument = market.instrument
    least, most = instrument.min_notional, instrument.max_notional
    if terms.type is _MARKET:
        price = market.average()
        least = least if instrument.apply_min_to_market else 0
        most = most if instrument.apply_max_to_market else 0
    else:
        price = terms.price or terms.stop_price or market.last
    amount = terms.quote_quantity * SCALE or price * terms.quantity
    if amount < least * SCALE or (most and amount > most * SCALE):
        raise filter_failure("NOTIONAL")
    if amount < SCALE:
        raise VenueError(*NO_VALUE)
    for asset, limit in floor.rules.max_asset:
        if asset == instrument.base and terms.quantity > limit:
            raise filter_failure("MAX_ASSET")
        if asset == instrument.quote and amount > limit * SCALE:
            raise filter_failure("MAX_ASSET")
