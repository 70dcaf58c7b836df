"""How a symbol and its filters are shown."""

from botcore.matching.instruments import ExchangeRules, Instrument
from botcore.matching.numbers import plain
from botcore.matching.orders import OrderType, Prevention
from botcore.matching.quotes import SymbolMarket
from botexchange.api.payloads import Json

__all__ = ["exchange_filters", "symbol_info"]


def symbol_info(market: SymbolMarket, *, has_permission_sets: bool) -> Json:
    """Show a symbol as exchangeInfo does."""
    instrument = market.instrument
    return {
        "symbol": instrument.symbol,
        "status": str(market.status),
        "baseAsset": instrument.base,
        "baseAssetPrecision": 8,
        "quoteAsset": instrument.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [str(kind) for kind in OrderType],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [*_size_filters(instrument), *_value_filters(instrument), *_counts(instrument)],
        "permissions": [],
        "permissionSets": [["SPOT"]] if has_permission_sets else [],
        "defaultSelfTradePreventionMode": str(Prevention.EXPIRE_MAKER),
        "allowedSelfTradePreventionModes": [str(mode) for mode in Prevention],
    }


def exchange_filters(rules: ExchangeRules) -> list[Json]:
    """Show the filters over all symbols of an account; those that are off are left out."""
    found = {
        "Orders": rules.max_orders,
        "AlgoOrders": rules.max_algo_orders,
        "IcebergOrders": rules.max_iceberg_orders,
        "OrderLists": rules.max_order_lists,
    }
    words = {"Orders": "ORDERS", "AlgoOrders": "ALGO_ORDERS", "IcebergOrders": "ICEBERG_ORDERS"}
    return [
        {
            "filterType": f"EXCHANGE_MAX_NUM_{words.get(name, 'ORDER_LISTS')}",
            f"maxNum{name}": most,
        }
        for name, most in found.items()
        if most
    ]


def _size_filters(one: Instrument) -> list[Json]:
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": plain(one.tick if one.min_price is None else one.min_price),
            "maxPrice": plain(one.max_price),
            "tickSize": plain(one.tick),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": plain(one.step if one.min_quantity is None else one.min_quantity),
            "maxQty": plain(one.max_quantity),
            "stepSize": plain(one.step),
        },
        {"filterType": "ICEBERG_PARTS", "limit": one.iceberg_parts},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": plain(one.market_min_quantity),
            "maxQty": plain(one.market_max_quantity),
            "stepSize": plain(one.market_step),
        },
    ]


def _value_filters(one: Instrument) -> list[Json]:
    position: Json = {"filterType": "MAX_POSITION", "maxPosition": plain(one.max_position)}
    return [
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": one.trailing_above[0],
            "maxTrailingAboveDelta": one.trailing_above[1],
            "minTrailingBelowDelta": one.trailing_below[0],
            "maxTrailingBelowDelta": one.trailing_below[1],
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": plain(one.bid_multiplier_up),
            "bidMultiplierDown": plain(one.bid_multiplier_down),
            "askMultiplierUp": plain(one.ask_multiplier_up),
            "askMultiplierDown": plain(one.ask_multiplier_down),
            "avgPriceMins": one.average_minutes,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": plain(one.min_notional),
            "applyMinToMarket": one.apply_min_to_market,
            "maxNotional": plain(one.max_notional),
            "applyMaxToMarket": one.apply_max_to_market,
            "avgPriceMins": one.average_minutes,
        },
        *([position] if one.max_position else []),
    ]


def _counts(one: Instrument) -> list[Json]:
    return [
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": one.max_orders},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": one.max_order_lists},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": one.max_algo_orders},
        {"filterType": "MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders": one.max_iceberg_orders},
        {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": one.max_amendments},
    ]
