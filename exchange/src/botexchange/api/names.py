"""What each endpoint's parameters are called (rest-api and web-socket-api, Parameters).

Those of the signature are left out: they go with the way a request comes.
"""

from typing import Final

__all__ = [
    "CANCEL",
    "CANCEL_LIST",
    "CANCEL_REPLACE",
    "MARKET",
    "NEW_ORDER",
    "NOTHING",
    "OCO",
    "OLD_OCO",
    "OTO",
    "OTOCO",
    "SIGNATURE",
    "SOCKET",
    "SYMBOL",
    "TEST_ORDER",
    "names",
]


def names(text: str) -> frozenset[str]:
    """Name parameters, separated by spaces."""
    return frozenset(text.split())


SIGNATURE: Final = names("recvWindow signature timestamp")
"""Goes with a signed request over REST."""
SOCKET: Final = SIGNATURE | names("apiKey returnRateLimits")
"""May go with any request of the WebSocket API."""


def _order(prefix: str) -> frozenset[str]:
    """Name the parameters of one order of a list that has no trigger."""
    ends = (
        "Type ClientOrderId IcebergQty Price TimeInForce StrategyId StrategyType PegPriceType"
        " PegOffsetType PegOffsetValue"
    )
    return frozenset(f"{prefix}{end}" for end in ends.split())


def _leg(prefix: str) -> frozenset[str]:
    """Name the parameters of one order of a list that may have a trigger."""
    return _order(prefix) | {f"{prefix}StopPrice", f"{prefix}TrailingDelta"}


_ANSWER: Final = names("newOrderRespType selfTradePreventionMode")
_PEG: Final = names("pegPriceType pegOffsetType pegOffsetValue")
_WORKING: Final = _order("working") | names("workingSide workingQuantity")
_PENDING: Final = names("pendingSide pendingQuantity")
_LIST: Final = _ANSWER | names("symbol listClientOrderId")

NOTHING: Final = names("")
SYMBOL: Final = names("symbol")
_SYMBOLS: Final = names("symbol symbols symbolStatus")
_KLINES: Final = names("symbol interval startTime endTime timeZone limit")
MARKET: Final = {
    "ping": NOTHING,
    "time": NOTHING,
    "exchangeInfo": _SYMBOLS | names("permissions showPermissionSets"),
    "executionRules": _SYMBOLS,
    "referencePrice": SYMBOL,
    "referencePrice/calculation": names("symbol symbolStatus"),
    "depth": names("symbol limit symbolStatus"),
    "trades": names("symbol limit"),
    "historicalTrades": names("symbol limit fromId"),
    "aggTrades": names("symbol fromId startTime endTime limit"),
    "klines": _KLINES,
    "uiKlines": _KLINES,
    "avgPrice": SYMBOL,
    "ticker/24hr": _SYMBOLS | names("type"),
    "ticker/tradingDay": _SYMBOLS | names("timeZone type"),
    "ticker": _SYMBOLS | names("windowSize type"),
    "ticker/price": _SYMBOLS,
    "ticker/bookTicker": _SYMBOLS,
}
"""Of the public endpoints, by what follows /api/v3/."""
NEW_ORDER: Final = (
    _ANSWER
    | _PEG
    | names(
        "symbol side type timeInForce quantity quoteOrderQty price newClientOrderId strategyId"
        " strategyType stopPrice trailingDelta icebergQty"
    )
)
TEST_ORDER: Final = NEW_ORDER | names("computeCommissionRates")
CANCEL: Final = names("symbol orderId origClientOrderId newClientOrderId cancelRestrictions")
CANCEL_REPLACE: Final = NEW_ORDER | names(
    "cancelReplaceMode cancelNewClientOrderId cancelOrigClientOrderId cancelOrderId"
    " cancelRestrictions orderRateLimitExceededMode"
)
CANCEL_LIST: Final = names("symbol orderListId listClientOrderId newClientOrderId")
OLD_OCO: Final = _LIST | names(
    "side quantity limitClientOrderId price limitStrategyId limitStrategyType limitIcebergQty"
    " trailingDelta stopClientOrderId stopPrice stopStrategyId stopStrategyType stopLimitPrice"
    " stopIcebergQty stopLimitTimeInForce"
)
OCO: Final = _LIST | _leg("above") | _leg("below") | names("side quantity")
OTO: Final = _LIST | _WORKING | _PENDING | _leg("pending")
OTOCO: Final = _LIST | _WORKING | _PENDING | _leg("pendingAbove") | _leg("pendingBelow")
