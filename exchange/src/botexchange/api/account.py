"""Endpoints that show an account: balances, commission, filters, order counts."""

from typing import Final, cast

from botcore.matching.accounts import Account
from botcore.matching.commission import DISCOUNT, DISCOUNT_ASSET
from botcore.matching.numbers import plain
from botexchange.api.call import Call
from botexchange.api.finding import known_symbol
from botexchange.api.market import exchange_info
from botexchange.api.market_symbols import exchange_filters
from botexchange.api.params import Params
from botexchange.api.payloads import Json
from botexchange.api.trading import check_may_trade, read_new
from botexchange.quotas import rate_limits

__all__ = [
    "account",
    "commission",
    "known_assets",
    "my_filters",
    "order_counts",
    "test_order",
    "test_weight",
]

_BASIS_POINT: Final = 10_000  # 1e-8 units in a basis point


async def account(call: Call) -> Json:
    """Answer GET account, with every asset that can be traded unless omitZeroBalances is set."""
    omits_zero = call.params.flag("omitZeroBalances")
    owner = call.venue.engine.accounts[call.uid]
    balances = [
        {
            "asset": asset,
            "free": plain(owner.free.get(asset, 0)),
            "locked": plain(owner.locked.get(asset, 0)),
        }
        for asset in known_assets(call)
        if not omits_zero or owner.free.get(asset) or owner.locked.get(asset)
    ]
    return {
        "makerCommission": owner.maker_rate // _BASIS_POINT,
        "takerCommission": owner.taker_rate // _BASIS_POINT,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": _rates(owner, "buyer", "seller"),
        "canTrade": owner.can_trade,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": call.venue.now_ms(),
        "accountType": "SPOT",
        "balances": balances,
        "permissions": ["SPOT"],
        "uid": owner.uid,
    }


async def commission(call: Call) -> Json:
    """Answer GET account/commission; special and tax commissions do not exist here."""
    symbol = known_symbol(call)
    owner = call.venue.engine.accounts[call.uid]
    none = dict.fromkeys(("maker", "taker", "buyer", "seller"), plain(0))
    return {
        "symbol": symbol,
        "standardCommission": _rates(owner, "buyer", "seller"),
        "specialCommission": none,
        "taxCommission": none,
        "discount": _discount(call, owner),
    }


async def test_order(call: Call) -> Json:
    """Answer POST order/test: every check but funds, no order."""
    check_may_trade(call)
    shows_rates = call.params.flag("computeCommissionRates")
    request, _detail = read_new(call)
    call.venue.engine.test(call.uid, request)
    if not shows_rates:
        return {}
    owner = call.venue.engine.accounts[call.uid]
    none = dict.fromkeys(("maker", "taker"), plain(0))
    return {
        "standardCommissionForOrder": _rates(owner),
        "specialCommissionForOrder": none,
        "taxCommissionForOrder": none,
        "discount": _discount(call, owner),
    }


def test_weight(params: Params) -> int:
    """Weigh POST order/test: 20 with computeCommissionRates."""
    return 20 if params.flag("computeCommissionRates") else 1


async def order_counts(call: Call) -> list[Json]:
    """Answer GET rateLimit/order: the account's unfilled orders per window."""
    limits = [
        limit for limit in rate_limits(call.venue.quotas) if limit["rateLimitType"] == "ORDERS"
    ]
    return [
        {**limit, "count": count} for limit, count in zip(limits, call.order_counts, strict=True)
    ]


async def my_filters(call: Call) -> Json:
    """Answer GET myFilters, the only place that shows MAX_ASSET."""
    market = call.venue.engine.market(call.params.symbol())
    info = await exchange_info(call)
    (shown,) = cast("list[Json]", info["symbols"])
    assets = {market.instrument.base, market.instrument.quote}
    return {
        "exchangeFilters": exchange_filters(call.venue.engine.rules),
        "symbolFilters": shown["filters"],
        "assetFilters": [
            {"filterType": "MAX_ASSET", "asset": asset, "limit": plain(most)}
            for asset, most in call.venue.engine.rules.max_asset
            if asset in assets
        ],
    }


def known_assets(call: Call) -> list[str]:
    """Name every asset that can be traded or that the account ever had."""
    owner = call.venue.engine.accounts[call.uid]
    markets = call.venue.engine.markets.values()
    traded = {asset for one in markets for asset in (one.instrument.base, one.instrument.quote)}
    return sorted(traded.union(owner.assets()))


def _rates(owner: Account, *free_of_charge: str) -> Json:
    rates: Json = {"maker": plain(owner.maker_rate), "taker": plain(owner.taker_rate)}
    return {**rates, **dict.fromkeys(free_of_charge, plain(0))}


def _discount(call: Call, owner: Account) -> Json:
    markets = call.venue.engine.markets.values()
    return {
        "enabledForAccount": owner.discount,
        "enabledForSymbol": any(one.instrument.base == DISCOUNT_ASSET for one in markets),
        "discountAsset": DISCOUNT_ASSET,
        "discount": plain(DISCOUNT),
    }
