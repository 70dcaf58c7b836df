"""Endpoints that show an account and its history."""

from dataclasses import replace

from botexchange.api.call import Call
from botexchange.api.params import Params
from botexchange.api.payloads import Json, account_info, order_info, trade_info
from botexchange.matching.numbers import plain
from botexchange.matching.refusals import VenueError
from botexchange.ports import HistoryQuery

__all__ = ["account", "all_orders", "api_restrictions", "commission", "my_trades"]

DAY_MS = 86_400_000


async def account(call: Call) -> Json:
    """Answer GET account."""
    omit_zero = call.params.flag("omitZeroBalances")
    owner = call.venue.engine.accounts[call.uid]
    return account_info(owner, call.venue.now_ms(), omit_zero=omit_zero)


async def commission(call: Call) -> Json:
    """Answer GET account/commission."""
    symbol = call.params.required("symbol")
    call.venue.engine.market(symbol)
    owner = call.venue.engine.accounts[call.uid]
    none = {name: plain(0) for name in ("maker", "taker", "buyer", "seller")}
    standard = {**none, "maker": plain(owner.maker_rate), "taker": plain(owner.taker_rate)}
    return {
        "symbol": symbol,
        "standardCommission": standard,
        "specialCommission": none,
        "taxCommission": none,
        "discount": {
            "enabledForAccount": False,
            "enabledForSymbol": False,
            "discountAsset": "BNB",
            "discount": "0.75000000",
        },
    }


async def all_orders(call: Call) -> list[Json]:
    """Answer GET allOrders."""
    query = _history(call)
    query = replace(query, from_id=call.params.integer("orderId"))
    return [order_info(order) for order in await call.venue.store.orders(query)]


async def my_trades(call: Call) -> list[Json]:
    """Answer GET myTrades."""
    params, query = call.params, _history(call)
    from_id = params.integer("fromId")
    if from_id is not None and (query.start_ms is not None or query.end_ms is not None):
        raise VenueError(-1128, "Combination of optional parameters invalid.")
    query = replace(query, from_id=from_id, order_id=params.integer("orderId"))
    return [trade_info(trade) for trade in await call.venue.store.trades(query)]


async def api_restrictions(call: Call) -> Json:
    """Answer GET apiRestrictions: a paper key can read and trade, nothing else."""
    return {
        "ipRestrict": False,
        "createTime": call.venue.now_ms(),
        "enableReading": True,
        "enableWithdrawals": False,
        "enableInternalTransfer": False,
        "enableMargin": False,
        "enableFutures": False,
        "permitsUniversalTransfer": False,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enableSpotAndMarginTrading": True,
        "enablePortfolioMarginTrading": False,
    }


def _history(call: Call) -> HistoryQuery:
    symbol = call.params.required("symbol")
    call.venue.engine.market(symbol)
    start, end = _span(call.params)
    return HistoryQuery(
        account=call.uid,
        symbol=symbol,
        limit=call.params.limit(500, 1_000),
        start_ms=start,
        end_ms=end,
    )


def _span(params: Params) -> tuple[int | None, int | None]:
    start, end = params.integer("startTime"), params.integer("endTime")
    if start is not None and end is not None and end - start > DAY_MS:
        raise VenueError(-1127, "More than 24 hours between startTime and endTime.")
    return start, end
