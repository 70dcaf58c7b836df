"""The few wallet endpoints (/sapi) that spot clients ask for: all of them show, none moves money."""

from typing import Final

from botcore.matching.numbers import plain
from botexchange.api.account import known_assets
from botexchange.api.call import Call
from botexchange.api.payloads import Json

__all__ = [
    "account_info",
    "account_status",
    "all_coins",
    "api_restrictions",
    "api_trading_status",
    "asset_details",
    "delist_schedule",
    "no_margin_pairs",
    "system_status",
    "trade_fees",
    "user_assets",
]

_NOTHING: Final = "0"


async def api_restrictions(call: Call) -> Json:
    """Answer GET account/apiRestrictions: what the sender's key may do."""
    allowed = call.permissions
    return {
        "ipRestrict": bool(allowed.addresses),
        "createTime": call.key.created_ms if call.key else 0,
        "enableReading": allowed.reading,
        "enableWithdrawals": allowed.withdrawals,
        "enableInternalTransfer": allowed.internal_transfer,
        "enableMargin": allowed.margin,
        "enableFutures": allowed.futures,
        "permitsUniversalTransfer": allowed.universal_transfer,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enableSpotAndMarginTrading": allowed.spot_trading,
        "enablePortfolioMarginTrading": False,
    }


async def system_status(_call: Call) -> Json:
    """Answer GET system/status."""
    return {"status": 0, "msg": "normal"}


async def account_status(_call: Call) -> Json:
    """Answer GET account/status."""
    return {"data": "Normal"}


async def account_info(_call: Call) -> Json:
    """Answer GET account/info."""
    return {
        "vipLevel": 0,
        "isMarginEnabled": False,
        "isFutureEnabled": False,
        "isOptionsEnabled": False,
        "isPortfolioMarginRetailEnabled": False,
    }


async def api_trading_status(call: Call) -> Json:
    """Answer GET account/apiTradingStatus: never locked for bad order ratios."""
    return {
        "data": {
            "isLocked": False,
            "plannedRecoverTime": 0,
            "triggerCondition": {"GCR": 150, "IFER": 150, "UFR": 300},
            "updateTime": call.venue.now_ms(),
        }
    }


async def trade_fees(call: Call) -> list[Json]:
    """Answer GET asset/tradeFee, of one symbol or of all."""
    owner = call.venue.engine.accounts[call.uid]
    markets = call.venue.engine.markets
    if call.params.has("symbol"):
        symbol = call.params.symbol()
        call.venue.engine.market(symbol)
        symbols = [symbol]
    else:
        symbols = list(markets)
    return [
        {
            "symbol": symbol,
            "makerCommission": _short(owner.maker_rate),
            "takerCommission": _short(owner.taker_rate),
        }
        for symbol in symbols
    ]


async def all_coins(call: Call) -> list[Json]:
    """Answer GET capital/config/getall: nothing goes in or out."""
    owner = call.venue.engine.accounts[call.uid]
    return [
        {
            "coin": asset,
            "depositAllEnable": False,
            "free": _short(owner.free.get(asset, 0)),
            "freeze": _NOTHING,
            "ipoable": _NOTHING,
            "ipoing": _NOTHING,
            "isLegalMoney": False,
            "locked": _short(owner.locked.get(asset, 0)),
            "name": asset,
            "networkList": [_network(asset)],
            "storage": _NOTHING,
            "trading": True,
            "withdrawAllEnable": False,
            "withdrawing": _NOTHING,
        }
        for asset in known_assets(call)
    ]


async def asset_details(call: Call) -> Json:
    """Answer GET asset/assetDetail, of one asset or of all."""
    assets = known_assets(call)
    wanted = call.params.text("asset")
    if wanted is not None:
        assets = [asset for asset in assets if asset == wanted]
    detail = {
        "minWithdrawAmount": plain(0),
        "depositStatus": False,
        "withdrawFee": 0,
        "withdrawStatus": False,
    }
    return dict.fromkeys(assets, detail)


async def user_assets(call: Call) -> list[Json]:
    """Answer POST asset/getUserAsset: what the account owns of one asset or of all."""
    owner = call.venue.engine.accounts[call.uid]
    wanted = call.params.text("asset")
    return [
        {
            "asset": asset,
            "free": _short(owner.free.get(asset, 0)),
            "locked": _short(owner.locked.get(asset, 0)),
            "freeze": _NOTHING,
            "withdrawing": _NOTHING,
            "ipoable": _NOTHING,
            "btcValuation": _NOTHING,
        }
        for asset in known_assets(call)
        if wanted in {None, asset} and (owner.free.get(asset) or owner.locked.get(asset))
    ]


async def no_margin_pairs(_call: Call) -> list[Json]:
    """Answer GET margin/allPairs and margin/isolated/allPairs: there is no margin trading."""
    return []


async def delist_schedule(_call: Call) -> list[Json]:
    """Answer GET spot/delist-schedule, which freqtrade asks for: nothing is ever delisted."""
    return []


def _network(asset: str) -> Json:
    """Show the closed network of an asset; clients read the asset's precision from it."""
    return {
        "network": asset,
        "coin": asset,
        "name": asset,
        "isDefault": True,
        "depositEnable": False,
        "withdrawEnable": False,
        "depositDesc": "",
        "withdrawDesc": "",
        "specialTips": "",
        "resetAddressStatus": False,
        "addressRegex": "",
        "memoRegex": "",
        "withdrawFee": _NOTHING,
        "withdrawMin": _NOTHING,
        "withdrawMax": _NOTHING,
        "withdrawInternalMin": _NOTHING,
        "withdrawIntegerMultiple": plain(1),
        "minConfirm": 1,
        "unLockConfirm": 0,
        "sameAddress": False,
        "estimatedArrivalTime": 0,
        "busy": False,
    }


def _short(units: int) -> str:
    """Write an amount as /sapi does: without trailing zeros."""
    text = plain(units).rstrip("0")
    return text.removesuffix(".")
