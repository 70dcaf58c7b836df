"""A client of our own that signs by hand: what the libraries never try, and what Binance's documents promise."""

import asyncio

import aiohttp
from checks import Checks
from raw_settings import Http, headers, sign, signed, stamp
from raw_signatures import signatures, timing

SYMBOL = "BTCUSDT"
checks = Checks()


async def refusals(http):
    """What is wrong gets Binance's code, in JSON, never a 500."""
    last = float((await http.want("GET", "/api/v3/ticker/price?symbol=BTCUSDT", 200))["price"])
    await refused_requests(http)
    for name, (params, code) in wrong_orders(last).items():
        async with checks(f"refused order: {name}"):
            await http.want(
                "POST", "/api/v3/order", 400, code, headers=headers(), body=signed(**params)
            )


async def refused_requests(http):
    """Requests without what they need, or with what no market has."""
    wanted = {
        "no key": ("GET", f"/api/v3/account?{signed()}", {}, 401, -2014),
        "unknown key": ("GET", f"/api/v3/account?{signed()}", {"X-MBX-APIKEY": "a" * 64}, 401, -2015),
        "no timestamp": ("GET", f"/api/v3/account?signature={sign('')}", headers(), 400, -1102),
        "no signature": ("GET", f"/api/v3/account?timestamp={stamp()}", headers(), 400, -1102),
        "wrong signature": ("GET", f"/api/v3/account?timestamp={stamp()}&signature=00", headers(), 400, -1022),
        "a parameter twice": ("GET", "/api/v3/klines?symbol=BTCUSDT&symbol=BTCUSDT&interval=1m", {}, 400, -1101),
        "a parameter nothing reads": ("GET", "/api/v3/depth?symbol=BTCUSDT&depth=5", {}, 400, -1104),
        "more parameters than there are": ("GET", "/api/v3/time?timestamp=1", {}, 400, -1101),
        "unknown interval": ("GET", "/api/v3/klines?symbol=BTCUSDT&interval=7m", {}, 400, -1120),
        "no symbol": ("GET", "/api/v3/klines?interval=1m", {}, 400, -1102),
        "small symbol": ("GET", "/api/v3/ticker/price?symbol=btcusdt", {}, 400, -1100),
        "unknown symbol": ("GET", "/api/v3/depth?symbol=NOPEUSDT", {}, 400, -1121),
        "symbol and symbols": ("GET", "/api/v3/ticker/price?symbol=BTCUSDT&symbols=%5B%22BTCUSDT%22%5D", {}, 400, None),
        "symbols twice the same": (
            "GET", "/api/v3/ticker/price?symbols=%5B%22BTCUSDT%22,%22BTCUSDT%22%5D", {}, 400, -1151),
        "a blank between symbols": (
            "GET", "/api/v3/ticker/price?symbols=%5B%22BTCUSDT%22,%20%22ETHUSDT%22%5D", {}, 400, -1100),
        "symbols not JSON": ("GET", "/api/v3/ticker/price?symbols=BTCUSDT", {}, 400, -1100),
        "limit of letters": ("GET", "/api/v3/depth?symbol=BTCUSDT&limit=many", {}, 400, -1100),
        "old api": ("GET", "/api/v1/ping", {}, 404, None),
        "no such path": ("GET", "/api/v3/nothing", {}, 404, None),
        "listen key": ("POST", "/api/v3/userDataStream", headers(), 410, None),
        "a flag as Python writes it": (
            "GET", f"/api/v3/account?{signed(omitZeroBalances='True')}", headers(), 400, -1100),
        "neither id": ("GET", f"/api/v3/order?{signed(symbol=SYMBOL)}", headers(), 400, -1102),
    }  # fmt: skip
    for name, (method, path, sent, status, code) in wanted.items():
        async with checks(f"refused: {name}"):
            await http.want(method, path, status, code, headers=sent)


def wrong_orders(last):
    """Name orders that break one rule each, with the code that says so."""
    order = {
        "symbol": SYMBOL,
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.001",
    }
    limit = order | {"price": f"{last * 0.9:.2f}"}
    return {
        "unknown side": (limit | {"side": "HOLD"}, -1117),
        "misspelt parameter": (limit | {"icebergQuantity": "0.0005"}, -1104),
        "unknown type": (limit | {"type": "HOPE"}, -1116),
        "unknown time in force": (limit | {"timeInForce": "GTX"}, -1115),
        "no price": (order, -1102),
        "price with a comma": (limit | {"price": "1,5"}, -1100),
        "scientific price": (limit | {"price": "1e5"}, -1100),
        "too exact": (limit | {"quantity": "0.000000001"}, -1111),
        "off the tick": (limit | {"price": f"{last * 0.9:.2f}1"}, -1013),
        "off the step": (limit | {"quantity": "0.001001"}, -1013),
        "far from the market": (limit | {"price": f"{last * 6:.2f}"}, -1013),
        "below the least value": (limit | {"quantity": "0.00001"}, -1013),
        "negative": (limit | {"quantity": "-1"}, -1100),
        "zero": (limit | {"quantity": "0"}, -1013),
        "bad own id": (limit | {"newClientOrderId": "with space"}, -1100),
        "long own id": (limit | {"newClientOrderId": "x" * 37}, -1100),
        "iceberg without GTC": (limit | {"timeInForce": "IOC", "icebergQty": "0.0005"}, None),
        "strategyType too small": (limit | {"strategyType": "5"}, -1134),
        "market with price": ({"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "0.001", "price": "1"},
                              -1106),
        "too expensive": (limit | {"quantity": "100"}, -2010),
        "stop without a price": (
            {"symbol": SYMBOL, "side": "SELL", "type": "STOP_LOSS", "quantity": "0.001"}, -1102),
    }  # fmt: skip


async def rubbish(http):
    """Bytes nobody should send: an answer below 500, and the server lives."""
    paths = {
        "NUL": "/api/v3/depth?symbol=%00",
        "not UTF-8": "/api/v3/depth?symbol=%ff%fe",
        "long": f"/api/v3/depth?symbol={'A' * 6000}",
        "brackets": f"/api/v3/ticker/price?symbols={'%5B' * 1000}",
        "empty names": "/api/v3/depth?=&&==&symbol",
        "huge number": f"/api/v3/depth?symbol=BTCUSDT&limit={'9' * 400}",
        "time out of range": "/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=99999999999999999999",
        "negative time": "/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=-1",
        "years": "/api/v3/klines?symbol=BTCUSDT&interval=1M&startTime=0",
        "slashes": "//api//v3//depth",
    }
    for name, path in paths.items():
        async with checks(f"rubbish: {name}"):
            status, _, said = await http.ask("GET", path)
            assert status < 500, f"{status} {said}"
    async with checks("rubbish: JSON body"):
        status, _, said = await http.ask("POST", "/api/v3/order", body=b'{"symbol": 1}',
                                         headers=headers() | {"Content-Type": "application/json"})  # fmt: skip
        assert 400 <= status < 500, f"{status} {said}"
    async with checks("rubbish: bytes as body"):
        status, _, said = await http.ask(
            "POST", "/api/v3/order", body=bytes(range(256)), headers=headers()
        )
        assert 400 <= status < 500, f"{status} {said}"
    async with checks("rubbish: other methods"):
        for method in ("PATCH", "PUT", "TRACE"):
            status, _, said = await http.ask(method, "/api/v3/order")
            assert 400 <= status < 500, f"{method} {status} {said}"


async def limits(http):
    """Weight and order counts in the headers."""
    async with checks("weight header grows by the weight"):
        _, first, _ = await http.ask("GET", "/api/v3/ping")
        _, then, _ = await http.ask("GET", "/api/v3/exchangeInfo?symbol=BTCUSDT")
        grown = int(then["X-MBX-USED-WEIGHT-1M"]) - int(first["X-MBX-USED-WEIGHT-1M"])
        assert grown == 20 or int(then["X-MBX-USED-WEIGHT-1M"]) == 20, grown
    async with checks("order counts on an order"):
        body = signed(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.001")
        _, sent, _ = await http.ask("POST", "/api/v3/order", body=body, headers=headers())
        assert "X-MBX-ORDER-COUNT-10S" in sent and "X-MBX-ORDER-COUNT-1D" in sent, list(sent)
    async with checks("exchangeInfo names the limits"):
        info = await http.want("GET", "/api/v3/exchangeInfo?symbol=BTCUSDT", 200)
        kinds = {one["rateLimitType"] for one in info["rateLimits"]}
        assert kinds == {"REQUEST_WEIGHT", "ORDERS", "RAW_REQUESTS"}, kinds
    async with checks("JSON content type"):
        _, sent, _ = await http.ask("GET", "/api/v3/ping")
        assert sent["Content-Type"].startswith("application/json"), sent["Content-Type"]


async def flood(http):
    """Too much weight is refused with 429 until the minute ends, then banned with 418."""
    async with checks("429 tells when to come back", 60):
        status, sent, said = 200, {}, {}
        for _ in range(400):
            status, sent, said = await http.ask("GET", "/api/v3/exchangeInfo?symbol=BTCUSDT")
            if status != 200:
                break
        assert status == 429 and said["code"] == -1003, f"{status} {said}"
        assert 0 < int(sent["Retry-After"]) <= 60, dict(sent)
    async with checks("418 for who goes on", 60):
        for _ in range(400):
            status, sent, said = await http.ask("GET", "/api/v3/ping")
            if status == 418:
                break
        assert status == 418 and said["code"] == -1003 and "banned until" in said["msg"], (
            f"{status} {said}"
        )
        assert int(sent["Retry-After"]) > 0, dict(sent)


async def main():
    """Run everything."""
    async with aiohttp.ClientSession() as session:
        http = Http(session)
        for part in (signatures, timing, refusals, rubbish, limits, flood):
            async with checks(f"{part.__name__} as a whole", 60):
                await part(http)


if __name__ == "__main__":
    asyncio.run(main())
