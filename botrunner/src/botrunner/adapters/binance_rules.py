"""What Binance tells of symbols, limits and the top of a book, to the domain. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from botcore.domain.instruments import Instrument
from botcore.domain.money import ZERO
from botcore.domain.orders import Side

__all__ = ["instrument_of", "offered", "order_limits_of", "weight_limit_of"]

Json = Mapping[str, Any]


def instrument_of(body: Json) -> Instrument:
    """Read a symbol of exchangeInfo; both names of the least order value are honoured (TR-25)."""
    filters = {one["filterType"]: one for one in body["filters"]}

    def number(kind: str, name: str) -> Decimal:
        return Decimal(filters.get(kind, {}).get(name, "0"))

    return Instrument(
        symbol=body["symbol"],
        base_asset=body["baseAsset"],
        quote_asset=body["quoteAsset"],
        status=body["status"],
        tick_size=number("PRICE_FILTER", "tickSize"),
        step_size=number("LOT_SIZE", "stepSize"),
        min_quantity=number("LOT_SIZE", "minQty"),
        max_quantity=number("LOT_SIZE", "maxQty"),
        market_step_size=number("MARKET_LOT_SIZE", "stepSize"),
        market_min_quantity=number("MARKET_LOT_SIZE", "minQty"),
        market_max_quantity=number("MARKET_LOT_SIZE", "maxQty"),
        min_notional=max(number("MIN_NOTIONAL", "minNotional"), number("NOTIONAL", "minNotional")),
        max_algo_orders=int(filters.get("MAX_NUM_ALGO_ORDERS", {}).get("maxNumAlgoOrders", 0)),
    )


def offered(body: Json, side: Side) -> Decimal | None:
    """Read what a taker of this side gets out of bookTicker; None where nobody offers anything."""
    price = Decimal(body["askPrice" if side is Side.BUY else "bidPrice"])
    return price if price > ZERO else None


def weight_limit_of(body: Json) -> int | None:
    """Read the request weight per minute out of exchangeInfo."""
    for limit in body.get("rateLimits", ()):
        if limit["rateLimitType"] == "REQUEST_WEIGHT" and limit["interval"] == "MINUTE":
            return int(limit["limit"])
    return None


def order_limits_of(body: Json) -> dict[str, int]:
    """Read the account's limits of unfilled orders out of exchangeInfo, by their headers' names (10S, 1D)."""
    return {
        f"{limit['intervalNum']}{limit['interval'][0]}": int(limit["limit"])
        for limit in body.get("rateLimits", ())
        if limit["rateLimitType"] == "ORDERS"
    }
