"""What the tests of trading share: prices, raw requests, refusals."""

import json
from decimal import Decimal

import pytest
from binance.exceptions import BinanceAPIException

SYMBOL = "BTCUSDT"


async def market_price(client):
    """Give the last price."""
    return Decimal((await client.get_symbol_ticker(symbol=SYMBOL))["price"])


def cents(price):
    """Write a price in whole ticks."""
    return str(price.quantize(Decimal("0.01")))


async def away(client, factor):
    """Give the last price times a factor, in whole ticks."""
    return cents(await market_price(client) * Decimal(factor))


async def a_bid(client, factor="0.9", **changes):
    """Give the parameters of a buy order that rests below the market."""
    return {
        "symbol": SYMBOL,
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.01",
        "price": await away(client, factor),
        **changes,
    }


async def ask(client, method, path, **params):
    """Send a signed request to /api/v3."""
    return await client._request_api(method, path, signed=True, version="v3", data=params)


async def refused(call, code, text=""):
    """Await a refusal with this code and text; give its HTTP status and body."""
    with pytest.raises(BinanceAPIException) as error:
        await call
    assert (error.value.code, text in error.value.message) == (code, True), error.value
    body = json.loads(await error.value.response.text())
    return error.value.status_code, body
