"""Symbol filters, exactly as documented; a failure is code -1013 with the filter's name."""

from botexchange.matching.instruments import Instrument
from botexchange.matching.numbers import SCALE, notional
from botexchange.matching.orders import ALGO_TYPES, OrderRequest, OrderType, Side
from botexchange.matching.quotes import SymbolMarket
from botexchange.matching.refusals import filter_failure

__all__ = ["check_counts", "check_filters"]


def check_filters(market: SymbolMarket, request: OrderRequest) -> None:
    """Refuse an order whose numbers break a filter of its symbol."""
    instrument = market.instrument
    for price in (request.price, request.stop_price):
        if price:
            _check_price(instrument, price)
    if request.price:
        _check_percent(instrument, request, market.average())
    if request.quantity or not request.quote_quantity:
        _check_quantity(instrument, request)
    _check_notional(market, request)


def check_counts(instrument: Instrument, open_types: list[OrderType], new: list[OrderType]) -> None:
    """Refuse orders that would be one too many among an account's open ones of a symbol."""
    if len(open_types) + len(new) > instrument.max_orders:
        raise filter_failure("MAX_NUM_ORDERS")
    added = sum(kind in ALGO_TYPES for kind in new)
    algo = sum(kind in ALGO_TYPES for kind in open_types)
    if added and algo + added > instrument.max_algo_orders:
        raise filter_failure("MAX_NUM_ALGO_ORDERS")


def _check_price(instrument: Instrument, price: int) -> None:
    if not instrument.tick <= price <= instrument.max_price or price % instrument.tick:
        raise filter_failure("PRICE_FILTER")


def _check_percent(instrument: Instrument, request: OrderRequest, average: int) -> None:
    down, up = instrument.bid_multiplier_down, instrument.bid_multiplier_up
    if request.side is Side.SELL:
        down, up = instrument.ask_multiplier_down, instrument.ask_multiplier_up
    if not average * down <= request.price * SCALE <= average * up:
        raise filter_failure("PERCENT_PRICE_BY_SIDE")


def _check_quantity(instrument: Instrument, request: OrderRequest) -> None:
    quantity = request.quantity
    if not instrument.step <= quantity <= instrument.max_quantity or quantity % instrument.step:
        raise filter_failure("LOT_SIZE")
    if request.type is OrderType.MARKET and quantity > instrument.market_max_quantity:
        raise filter_failure("MARKET_LOT_SIZE")


def _check_notional(market: SymbolMarket, request: OrderRequest) -> None:
    instrument = market.instrument
    if request.type is OrderType.MARKET:
        amount = request.quote_quantity or notional(market.average(), request.quantity)
        most = None  # applyMaxToMarket is false
    else:
        amount = notional(request.price or request.stop_price, request.quantity)
        most = instrument.max_notional
    if amount < instrument.min_notional or (most is not None and amount > most):
        raise filter_failure("NOTIONAL")
