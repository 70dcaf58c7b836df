"""Upstream's exchangeInfo as the engine's instruments."""

from collections.abc import Callable, Mapping
from typing import Final

from botcore.domain.errors import Transient
from botcore.matching.instruments import Instrument
from botcore.matching.numbers import to_units
from botcore.matching.quotes import SymbolStatus

__all__ = ["RULES", "instruments_of", "states_of"]

RULES: Final = "/api/v3/exchangeInfo"

Fields = dict[str, int | bool | tuple[int, int]]
Filter = Mapping[str, object]
BEST_LEVEL: Final = 5_000  # times the least notional: what the ladder offers if there is no book
_STATES: Final = frozenset(SymbolStatus)
USUAL_LEAST: Final = to_units("5")


def instruments_of(exchange_info: object, prices: Mapping[str, int]) -> tuple[Instrument, ...]:
    """Read every symbol that has a price; Transient if the answer makes no sense."""
    listed = exchange_info.get("symbols") if isinstance(exchange_info, dict) else None
    if not isinstance(listed, list):
        raise Transient("upstream's rules make no sense")
    try:
        return tuple(
            _instrument(item, prices[item["symbol"]]) for item in listed if item["symbol"] in prices
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Transient("upstream's rules make no sense") from error


def states_of(exchange_info: object) -> dict[str, SymbolStatus]:
    """Read the state of every symbol that has one we know."""
    listed = exchange_info.get("symbols") if isinstance(exchange_info, dict) else None
    return {
        item["symbol"]: SymbolStatus(item["status"])
        for item in (listed if isinstance(listed, list) else [])
        if isinstance(item, dict)
        and isinstance(item.get("symbol"), str)
        and str(item.get("status")) in _STATES
    }


def _instrument(item: Mapping[str, object], price: int) -> Instrument:
    fields: Fields = dict(_OFF)
    filters = item["filters"]
    if not isinstance(filters, list):
        raise TypeError("filters")
    for one in filters:
        read = _READERS.get(one["filterType"])
        fields.update(read(one) if read is not None else {})
    least = fields["min_notional"] or USUAL_LEAST
    if not fields["tick"] or not fields["step"]:
        raise ValueError("no tick or step")
    return Instrument(
        symbol=str(item["symbol"]),
        base=str(item["baseAsset"]),
        quote=str(item["quoteAsset"]),
        depth=int(str(least)) * BEST_LEVEL,
        reference=price,
        **fields,  # type: ignore[arg-type]  # every reader gives the types of its fields
    )


# A filter that upstream does not name is switched off.
_OFF: Final[Fields] = {
    "tick": 0,
    "step": 0,
    "max_price": 0,
    "max_quantity": 0,
    "market_max_quantity": 0,
    "min_notional": 0,
    "max_notional": 0,
    "min_price": 0,
    "min_quantity": 0,
    "bid_multiplier_up": 0,
    "bid_multiplier_down": 0,
    "ask_multiplier_up": 0,
    "ask_multiplier_down": 0,
    "iceberg_parts": 0,
    "max_orders": 0,
    "max_algo_orders": 0,
    "max_iceberg_orders": 0,
    "max_order_lists": 0,
    "max_amendments": 0,
}


def _units(one: Filter, name: str) -> int:
    return to_units(str(one[name]))


def _count(one: Filter, name: str) -> int:
    return int(str(one[name]))


def _percent(one: Filter) -> Fields:
    up, down = _units(one, "multiplierUp"), _units(one, "multiplierDown")
    return {
        "bid_multiplier_up": up,
        "bid_multiplier_down": down,
        "ask_multiplier_up": up,
        "ask_multiplier_down": down,
        "average_minutes": _count(one, "avgPriceMins"),
    }


def _percent_by_side(one: Filter) -> Fields:
    return {
        "bid_multiplier_up": _units(one, "bidMultiplierUp"),
        "bid_multiplier_down": _units(one, "bidMultiplierDown"),
        "ask_multiplier_up": _units(one, "askMultiplierUp"),
        "ask_multiplier_down": _units(one, "askMultiplierDown"),
        "average_minutes": _count(one, "avgPriceMins"),
    }


def _trailing(one: Filter) -> Fields:
    above = (_count(one, "minTrailingAboveDelta"), _count(one, "maxTrailingAboveDelta"))
    below = (_count(one, "minTrailingBelowDelta"), _count(one, "maxTrailingBelowDelta"))
    return {"trailing_above": above, "trailing_below": below}


_READERS: Final[Mapping[str, Callable[[Filter], Fields]]] = {
    "PRICE_FILTER": lambda one: {
        "min_price": _units(one, "minPrice"),
        "max_price": _units(one, "maxPrice"),
        "tick": _units(one, "tickSize"),
    },
    "LOT_SIZE": lambda one: {
        "min_quantity": _units(one, "minQty"),
        "max_quantity": _units(one, "maxQty"),
        "step": _units(one, "stepSize"),
    },
    "MARKET_LOT_SIZE": lambda one: {
        "market_min_quantity": _units(one, "minQty"),
        "market_max_quantity": _units(one, "maxQty"),
        "market_step": _units(one, "stepSize"),
    },
    "PERCENT_PRICE": _percent,
    "PERCENT_PRICE_BY_SIDE": _percent_by_side,
    "MIN_NOTIONAL": lambda one: {
        "min_notional": _units(one, "minNotional"),
        "apply_min_to_market": bool(one["applyToMarket"]),
        "average_minutes": _count(one, "avgPriceMins"),
    },
    "NOTIONAL": lambda one: {
        "min_notional": _units(one, "minNotional"),
        "apply_min_to_market": bool(one["applyMinToMarket"]),
        "max_notional": _units(one, "maxNotional"),
        "apply_max_to_market": bool(one["applyMaxToMarket"]),
        "average_minutes": _count(one, "avgPriceMins"),
    },
    "ICEBERG_PARTS": lambda one: {"iceberg_parts": _count(one, "limit")},
    "MAX_NUM_ORDERS": lambda one: {"max_orders": _count(one, "maxNumOrders")},
    "MAX_NUM_ALGO_ORDERS": lambda one: {"max_algo_orders": _count(one, "maxNumAlgoOrders")},
    "MAX_NUM_ICEBERG_ORDERS": lambda one: {
        "max_iceberg_orders": _count(one, "maxNumIcebergOrders")
    },
    "MAX_NUM_ORDER_LISTS": lambda one: {"max_order_lists": _count(one, "maxNumOrderLists")},
    "MAX_NUM_ORDER_AMENDS": lambda one: {"max_amendments": _count(one, "maxNumOrderAmends")},
    "MAX_POSITION": lambda one: {"max_position": _units(one, "maxPosition")},
    "TRAILING_DELTA": _trailing,
}
