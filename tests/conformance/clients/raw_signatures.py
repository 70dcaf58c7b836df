"""The ways to send, to sign and to date a request, as Binance's documents promise them."""

import hashlib
import hmac
import time
from urllib.parse import quote

from checks import Checks
from raw_settings import headers, sign, signed, stamp

__all__ = ["signatures", "timing"]

SYMBOL = "BTCUSDT"
checks = Checks()
WIDE = "\uff11\uff12\uff13\uff14\uff15\uff16"  # digits of full width, as in Binance's example


async def signatures(http):
    """Every way to send and to sign."""
    await parameter_places(http)
    await signature_forms(http)
    await encodings(http)


async def parameter_places(http):
    """Parameters may stand in the query, in the body or in both."""
    order = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001"
    async with checks("all in the query"):
        await http.want("POST", f"/api/v3/order?{signed(symbol=SYMBOL, side='BUY', type='MARKET', quantity='0.001')}",
                        200, headers=headers())  # fmt: skip
    async with checks("all in the body"):
        body = signed(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.001")
        await http.want("POST", "/api/v3/order", 200, body=body, headers=headers())
    async with checks("query and body"):
        rest = f"recvWindow=5000&timestamp={stamp()}"
        signature = sign(order + rest)
        await http.want(
            "POST",
            f"/api/v3/order?{order}",
            200,
            body=f"{rest}&signature={signature}",
            headers=headers(),
        )
    async with checks("query wins over body"):
        query, body = (
            f"symbol=BTCUSDT&timestamp={stamp()}",
            "symbol=NOPE&side=BUY&type=MARKET&quantity=0.001",
        )
        signature = sign(query + body)
        await http.want("POST", f"/api/v3/order/test?{query}", 200, body=f"{body}&signature={signature}",
                        headers=headers())  # fmt: skip
    async with checks("DELETE by body"):
        rest = {
            "side": "SELL",
            "type": "LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.001",
            "price": "90000.00",
        }
        body = signed(symbol=SYMBOL, **rest)
        made = await http.want("POST", "/api/v3/order", 200, headers=headers(), body=body)
        await http.want("DELETE", "/api/v3/order", 200, headers=headers(),
                        body=signed(symbol=SYMBOL, orderId=made["orderId"]))  # fmt: skip


async def signature_forms(http):
    """Where the signature stands, and how its letters are written."""
    async with checks("signature in capitals"):
        query = f"timestamp={stamp()}"
        await http.want(
            "GET",
            f"/api/v3/account?{query}&signature={sign(query).upper()}",
            200,
            headers=headers(),
        )
    async with checks("signature in front"):
        query = f"timestamp={stamp()}"
        await http.want(
            "GET", f"/api/v3/account?signature={sign(query)}&{query}", 200, headers=headers()
        )
    for account in ("ed25519", "rsa"):
        async with checks(f"{account} signature"):
            await http.want(
                "GET", f"/api/v3/account?{signed(account)}", 200, headers=headers(account)
            )
        async with checks(f"{account} signature is case sensitive"):
            query = f"timestamp={stamp()}"
            wrong = quote(sign(query, account).swapcase(), safe="")
            await http.want(
                "GET",
                f"/api/v3/account?{query}&signature={wrong}",
                400,
                -1022,
                headers=headers(account),
            )


async def encodings(http):
    """What is signed is what is sent, encoded; Binance's own example comes out."""
    async with checks("percent-encoded before signing"):
        query = f"symbol={quote(WIDE)}&timestamp={stamp()}"
        await http.want(
            "GET", f"/api/v3/openOrders?{query}&signature={sign(query)}", 400, headers=headers()
        )
        said = await http.want(
            "GET", f"/api/v3/openOrders?{query}&signature={sign(query)}", 400, headers=headers()
        )
        assert said["code"] in (-1100, -1121), said
    async with checks("signed before encoding"):
        plain = f"symbol={WIDE}&timestamp={stamp()}"
        query = plain.replace(WIDE, quote(WIDE))
        await http.want(
            "GET",
            f"/api/v3/openOrders?{query}&signature={sign(plain)}",
            400,
            -1022,
            headers=headers(),
        )
    async with checks("golden vectors"):
        secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
        payload = ("symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
                   "&timestamp=1499827319559")  # fmt: skip
        found = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
        assert found == "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"


async def timing(http):
    """Timestamps, windows and units."""
    account = "/api/v3/account"
    wanted = {
        "microseconds": (lambda: {"timestamp": time.time_ns() // 1000}, 200, None),
        "recvWindow with decimals": (lambda: {"recvWindow": "5000.346"}, 200, None),
        "recvWindow of a minute": (lambda: {"recvWindow": "60000"}, 200, None),
        "recvWindow too wide": (lambda: {"recvWindow": "60001"}, 400, -1131),
        "late": (lambda: {"timestamp": stamp() - 6_000}, 400, -1021),
        "late within its window": (
            lambda: {"timestamp": stamp() - 6_000, "recvWindow": "9000"},
            200,
            None,
        ),
        "early": (lambda: {"timestamp": stamp() + 5_000}, 400, -1021),
        "timestamp of letters": (lambda: {"timestamp": "now"}, 400, -1100),
    }
    for name, (params, status, code) in wanted.items():
        async with checks(f"time: {name}"):
            await http.want(
                "GET", f"{account}?{signed(**params())}", status, code, headers=headers()
            )
    async with checks("time unit header"):
        unit = {"X-MBX-TIME-UNIT": "MICROSECOND"}
        assert (await http.want("GET", "/api/v3/time", 200, headers=unit))["serverTime"] > 10**15
        row = (
            await http.want(
                "GET", "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1", 200, headers=unit
            )
        )[0]
        assert row[0] > 10**15 and row[6] > 10**15, row
        await http.want("GET", "/api/v3/time", 400, -1194, headers={"X-MBX-TIME-UNIT": "FORTNIGHT"})
