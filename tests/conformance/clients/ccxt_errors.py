"""ccxt with its own addresses, so that it knows its spot errors: what a bot that catches classes will see."""

import asyncio
import urllib.error
import urllib.request

import ccxt.pro as ccxt
from ccxt_public_hosts import public_hosts
from ccxt_settings import settings
from checks import Checks, setup

BTC = "BTC/USDT"
checks = Checks()
place = setup()


def client(account, session, **change):
    """Give a client that has nothing of us but keys."""
    ours = settings(place, account) | change
    kept = {name: ours[name] for name in ("apiKey", "secret", "options")}
    exchange = ccxt.binance(kept | {"session": session})
    exchange.own_session = False
    return exchange


async def errors(exchange, poor, open_session):
    """Each error becomes the class that Binance's own becomes."""
    last = (await exchange.fetch_ticker(BTC))["last"]
    await refused_orders(exchange, poor, last)
    await refused_requests(exchange)
    await wrong_keys(open_session)


async def refused_orders(exchange, poor, last):
    """Orders that break a rule of the market, or ask for more than the account has."""

    def place_order(kind, side, amount, price, more=None):
        return exchange.create_order(BTC, kind, side, amount, price, more or {})

    wanted = {
        "InsufficientFunds": (
            ccxt.InsufficientFunds,
            lambda: poor.create_order(BTC, "limit", "buy", 1, last * 0.9),
        ),
        "BadRequest below the least value": (
            ccxt.BadRequest,
            lambda: place_order("limit", "buy", 0.00001, last * 0.9),
        ),
        "InvalidOrder far from the market": (
            ccxt.InvalidOrder,
            lambda: place_order("limit", "buy", 0.001, last * 7),
        ),
        "OrderImmediatelyFillable by post only": (
            ccxt.OrderImmediatelyFillable,
            lambda: place_order("limit", "buy", 0.001, last * 1.05, {"postOnly": True}),
        ),
        "OrderImmediatelyFillable by stop": (
            ccxt.OrderImmediatelyFillable,
            lambda: place_order("market", "sell", 0.001, None, {"stopLossPrice": last * 1.1}),
        ),
    }
    await _each_raises(wanted)


async def refused_requests(exchange):
    """Requests about what is not there, or that came too late."""
    wanted = {
        "OrderNotFound": (ccxt.OrderNotFound, lambda: exchange.fetch_order("999999999", BTC)),
        "OrderNotFound on cancel": (
            ccxt.OrderNotFound,
            lambda: exchange.cancel_order("999999999", BTC),
        ),
        "BadSymbol": (
            ccxt.BadSymbol,
            lambda: exchange.public_get_ticker_price({"symbol": "NOPE"}),
        ),
        "BadRequest": (ccxt.BadRequest, lambda: exchange.fetch_ohlcv(BTC, "7m")),
        "InvalidNonce": (
            ccxt.InvalidNonce,
            lambda: exchange.private_get_account({"timestamp": 1_700_000_000_000}),
        ),
    }
    await _each_raises(wanted)


async def _each_raises(wanted):
    for name, (kind, call) in wanted.items():
        async with checks(name):
            with checks.raises(kind):
                await call()


async def wrong_keys(open_session):
    """Neither a stranger's key nor a stranger's signature is let in."""
    for name, change in {
        "wrong secret": {"secret": "wrong"},
        "wrong key": {"apiKey": "x" * 64},
    }.items():
        async with checks(f"AuthenticationError: {name}"):
            stranger = client("hmac", open_session(), **change)
            with checks.raises(ccxt.AuthenticationError):
                await stranger.private_get_account()
            await stranger.session.close()


async def other_keys():
    """Keys that are not HMAC sign over both protocols."""
    for account in ("ed25519", "rsa"):
        async with checks(f"{account} key"):
            signed = ccxt.binance(settings(place, account))
            for create in (signed.create_order, signed.create_order_ws):
                assert (await create(BTC, "market", "buy", 0.001))["status"] == "closed"
            await signed.close()


async def too_many(exchange):
    """A spent weight limit is DDoSProtection or RateLimitExceeded, not an order that failed."""
    async with checks("DDoSProtection", 60):
        await asyncio.to_thread(_spend)
        with checks.raises(ccxt.DDoSProtection):
            await exchange.fetch_time()


def _spend():
    for _ in range(400):
        try:
            with urllib.request.urlopen(
                f"{place['http']}/api/v3/exchangeInfo?symbol=BTCUSDT"
            ) as answer:
                answer.read()
        except urllib.error.HTTPError as error:
            error.close()
            return


async def main():
    """Run everything."""
    await other_keys()
    async with public_hosts(place) as open_session:
        exchange, poor = client("hmac", open_session()), client("poor", open_session())
        async with checks("markets by the public names"):
            await exchange.load_markets()
            await poor.load_markets()
        async with checks("streams and WebSocket API by the public names"):
            assert await exchange.watch_ticker(BTC)
            order = await exchange.create_order_ws(BTC, "market", "buy", 0.001)
            assert order["status"] == "closed", order
        async with checks("errors as a whole", 90):
            await errors(exchange, poor, open_session)
        await too_many(exchange)
        for one in (exchange, poor):
            session = one.session
            await one.close()
            await session.close()


if __name__ == "__main__":
    asyncio.run(main())
