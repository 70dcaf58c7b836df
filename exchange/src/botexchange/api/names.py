"""What each endpoint's parameters are called (rest-api and web-socket-api, Parameters).

Those of the signature are left out: they go with the way a request comes.
"""

from typing import Final

__all__ = [
    "CANCEL",
    "CANCEL_LIST",
    "CANCEL_REPLACE",
    "KLINES",
    "NEW_ORDER",
    "OCO",
    "OLD_OCO",
    "OTO",
    "OTOCO",
    "SOCKET",
    "SOME_SYMBOLS",
    "TEST_ORDER",
    "names",
    "signed_names",
]


def names(text: str) -> frozenset[str]:
    """Name parameters, separated by spaces."""
    return frozenset(text.split())


_SIGNATURE: Final = names("recvWindow signature timestamp")
SOCKET: Final = _SIGNATURE | names("apiKey returnRateLimits")
"""May go with any request of the WebSocket API."""


def signed_names(*, is_signed: bool) -> frozenset[str]:
    """Name what goes with a request over REST."""
    return _SIGNATURE if is_signed else frozenset()


def _leg(prefix: str) -> frozenset[str]:
    """Name the parameters of one order of a list."""
    ends = (
        "Type ClientOrderId IcebergQty Price StopPrice TrailingDelta TimeInForce StrategyId"
        " StrategyType PegPriceType PegOffsetType PegOffsetValue"
    )
    return frozenset(f"{prefix}{end}" for end in ends.split())


_ANSWER: Final = names("newOrderRespType selfTradePreventionMode")
_PEG: Final = names("pegPriceType pegOffsetType pegOffsetValue")
_WORKING: Final = (_leg("working") | names("workingSide workingQuantity")) - names(
    "workingStopPrice workingTrailingDelta"
)
_PENDING: Final = names("pendingSide pendingQuantity")
_LIST: Final = _ANSWER | names("symbol listClientOrderId")

KLINES: Final = names("symbol interval startTime endTime timeZone limit")
SOME_SYMBOLS: Final = names("symbol symbols symbolStatus")
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
