"""Public endpoints that describe the exchange: time, symbols, rules."""

import json
from typing import Final

from botcore.matching.quotes import SymbolMarket, SymbolStatus
from botcore.matching.refusals import VenueError
from botexchange.api.call import Call
from botexchange.api.market_symbols import symbol_info
from botexchange.api.params import Params, invalid
from botexchange.api.payloads import Json
from botexchange.quotas import rate_limits, socket_limits

__all__ = [
    "exchange_info",
    "execution_rules",
    "listed",
    "listed_one",
    "ping",
    "reference_price",
    "server_time",
    "socket_exchange_info",
]

_COMBINATION: Final = VenueError(-1128, "Combination of optional parameters invalid.")
_NO_REFERENCE: Final = VenueError(-2043, "This symbol doesn't have a reference price.")
_OTHER_STATUS: Final = VenueError(
    -1220, "The symbol's status does not match the requested symbolStatus."
)


async def ping(_call: Call) -> Json:
    """Answer GET ping."""
    return {}


async def server_time(call: Call) -> Json:
    """Answer GET time."""
    return {"serverTime": call.venue.shown_ms()}


async def exchange_info(call: Call) -> Json:
    """Answer GET exchangeInfo."""
    return _described(call, rate_limits(call.venue.quotas))


async def socket_exchange_info(call: Call) -> Json:
    """Answer the WebSocket API's exchangeInfo: the same but for the last limit."""
    return _described(call, socket_limits(call.venue.quotas))


def _described(call: Call, limits: list[Json]) -> Json:
    params = call.params
    sets = params.flag("showPermissionSets") or not params.has("showPermissionSets")
    return {
        "timezone": "UTC",
        "serverTime": call.venue.now_ms(),
        "rateLimits": limits,
        "exchangeFilters": [],  # an account sees its own in myFilters; strict clients know no others here
        "symbols": [symbol_info(market, has_permission_sets=sets) for market in _asked(call)],
    }


async def execution_rules(call: Call) -> Json:
    """Answer GET executionRules: no symbol has any here."""
    listed(call)
    return {"symbolRules": []}


async def reference_price(call: Call) -> Json:
    """Answer GET referencePrice and its calculation: no symbol has one here (-2043)."""
    listed_one(call)
    raise _NO_REFERENCE


def listed(call: Call) -> list[SymbolMarket]:
    """Find the markets that `symbol`, `symbols` and `symbolStatus` ask for.

    Refuses with -1121, and -1220 if a single symbol has another status.
    """
    markets, names = call.venue.engine.markets, call.params.symbols()
    found = (
        list(markets.values())
        if names is None
        else [call.venue.engine.market(name) for name in names]
    )
    status = _status(call.params)
    if status is None:
        return found
    if call.params.has("symbol") and found[0].status is not status:
        raise _OTHER_STATUS
    return [market for market in found if market.status is status]


def listed_one(call: Call) -> SymbolMarket:
    """Find the market of the mandatory `symbol`."""
    market = call.venue.engine.market(call.params.symbol())
    status = _status(call.params)
    if status is not None and market.status is not status:
        raise _OTHER_STATUS
    return market


def _status(params: Params) -> SymbolStatus | None:
    if params.text("symbolStatus") is None:
        return None
    refusal = VenueError(-1122, "Invalid symbolStatus.")
    status = params.choice("symbolStatus", SymbolStatus, refusal)
    if status not in {SymbolStatus.TRADING, SymbolStatus.HALT, SymbolStatus.BREAK}:
        raise refusal
    return status


def _asked(call: Call) -> list[SymbolMarket]:
    params = call.params
    is_named = params.has("symbol") or params.has("symbols")
    for name in ("permissions", "symbolStatus"):
        if is_named and params.has(name):
            raise _COMBINATION
    found = listed(call)
    return found if "SPOT" in _permissions(params) else []


def _permissions(params: Params) -> list[str]:
    """Read one permission or a JSON list of them."""
    text = params.text("permissions")
    if text is None:
        return ["SPOT"]
    if not text.startswith("["):
        return [text]
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid("permissions") from None
    return [str(name) for name in names]
