"""A WebSocket client of our own: paths, control messages and envelopes as Binance's documents promise them."""

import asyncio
import time

import aiohttp
from checks import Checks
from raw_wire import ED25519, HMAC, Wire, place, signed

checks = Checks()
SYMBOL = "BTCUSDT"


async def stream_paths(session):
    """All the ways to name streams in the address."""
    wanted = {
        "/ws/btcusdt@bookTicker": lambda said: said["s"] == SYMBOL,
        "/ws/btcusdt@bookTicker/ethusdt@trade": lambda said: "s" in said,
        "/stream?streams=btcusdt@bookTicker/ethusdt@bookTicker": lambda said: said["data"]["s"],
        "/ws/btcusdt@kline_1m?timeUnit=MICROSECOND": lambda said: (
            said["E"] > 10**15 and said["k"]["t"] > 10**15
        ),
        "/ws/!miniTicker@arr": lambda said: said[0]["e"] == "24hrMiniTicker",
        "/ws/!ticker_1h@arr": lambda said: said[0]["e"] == "1hTicker",
        "/ws/btcusdt@depth5@1000ms": lambda said: len(said["bids"]) == 5,
    }
    await asyncio.gather(*(_hear(session, path, test) for path, test in wanted.items()))
    async with checks("empty paths wait for SUBSCRIBE"):
        for path in ("/ws", "/stream", "/ws/0"):
            async with Wire(session, path) as wire:
                await wire.ask({"method": "SUBSCRIBE", "params": ["btcusdt@bookTicker"], "id": 1})
                said = await wire.frame()
                assert ("stream" in said) == (path == "/stream"), (path, said)


async def _hear(session, path, test):
    async with checks(f"stream {path}"), Wire(session, path) as wire:
        said = await wire.frame()
        assert test(said), said


async def control(session):
    """SUBSCRIBE and its sisters, and what is wrong with them."""
    async with Wire(session, "/ws") as wire:
        async with checks("ids of each kind come back"):
            for given in (7, "text", None, 2**62):
                said = await wire.ask(
                    {"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": given}
                )
                assert said == {"result": None, "id": given}, said
        async with checks("list, property, unsubscribe"):
            said = await wire.ask({"method": "LIST_SUBSCRIPTIONS", "id": 3})
            assert said["result"] == ["btcusdt@trade"], said
            said = await wire.ask({"method": "GET_PROPERTY", "params": ["combined"], "id": 4})
            assert said["result"] is False, said
            await wire.ask({"method": "SET_PROPERTY", "params": ["combined", True], "id": 5})
            while "stream" not in await wire.frame():
                pass
            await wire.ask({"method": "UNSUBSCRIBE", "params": ["btcusdt@trade"], "id": 6})
            said = await wire.ask({"method": "LIST_SUBSCRIPTIONS", "id": 7})
            assert said["result"] == [], said
    wrong = {
        "not JSON": "{",
        "no method": {"id": 1},
        "unknown method": {"method": "DANCE", "id": 1},
        "params not a list": {"method": "SUBSCRIBE", "params": "btcusdt@trade", "id": 1},
        "too long an id": {"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": "x" * 37},
        "an id of parts": {"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": {"a": 1}},
        "a list": "[1, 2]",
    }
    for name, request in wrong.items():
        async with checks(f"control refused: {name}"), Wire(session, "/ws") as wire:
            said = await wire.ask(request)
            assert said.get("code") is not None or said["error"]["code"] is not None, said


async def api_calls(session):
    """Envelopes, sessions and subscriptions of the WebSocket API."""
    async with Wire(session, "/ws-api/v3") as wire:
        await envelopes(wire)
        await wrong_calls(wire)
        await subscriptions(wire)
    await wrong_messages(session)
    async with checks("ws api: address without rate limits, in microseconds"):
        path = "/ws-api/v3?returnRateLimits=false&timeUnit=microsecond"
        async with Wire(session, path) as wire:
            said = await wire.call("time")
            assert "rateLimits" not in said and said["result"]["serverTime"] > 10**15, said


async def envelopes(wire):
    """What each answer is wrapped in."""
    async with checks("ws api: id of each kind"):
        for given in (1, "text", None):
            await wire.call("ping", id=given)
    async with checks("ws api: rate limits on demand"):
        assert "rateLimits" in await wire.call("time")
        assert "rateLimits" not in await wire.call("time", returnRateLimits=False)
    async with checks("ws api: exchangeInfo names the limits"):
        said = await wire.call("exchangeInfo", symbol=SYMBOL)
        kinds = {one["rateLimitType"] for one in said["result"]["rateLimits"]}
        assert kinds == {"REQUEST_WEIGHT", "ORDERS", "CONNECTIONS"}, kinds
    async with checks("ws api: prefix v3/"):
        await wire.call("v3/time")
    async with checks("ws api: signed by sorted parameters"):
        await wire.call("account.status", **signed(omitZeroBalances=True, recvWindow=5000))


async def wrong_calls(wire):
    """Calls that lack something, or that we do not know."""
    async with checks("ws api: wrong signature"):
        await wire.call("account.status", 400, -1022, **signed() | {"signature": "00"})
    async with checks("ws api: no key"):
        await wire.call("account.status", 401, None, timestamp=1)
    async with checks("ws api: late"):
        await wire.call("account.status", 400, -1021, **signed(timestamp=1_700_000_000_000))
    async with checks("ws api: missing parameter"):
        await wire.call("klines", 400, -1102, symbol=SYMBOL)
    async with checks("ws api: a parameter nothing reads"):
        await wire.call("klines", 400, -1104, symbol=SYMBOL, interval="1m", until=1)
    async with checks("ws api: unknown method"):
        said = await wire.call("dance", 400)
        assert said["error"]["code"], said
    async with checks("ws api: logon with an HMAC key"):
        await wire.call("session.logon", 400, **signed())


async def subscriptions(wire):
    """User data without a session takes a signature, once per account."""
    async with checks("ws api: subscribe without a session"):
        said = await wire.ask({"id": 1, "method": "userDataStream.subscribe", "params": {}})
        assert said["status"] in (400, 401) and said["error"]["code"], said
    async with checks("ws api: listen keys are gone"):
        said = await wire.ask(
            {"id": 1, "method": "userDataStream.start", "params": {"apiKey": HMAC["apiKey"]}}
        )
        assert said["status"] in (400, 410), said
    async with checks("ws api: one subscription per account"):
        first = await wire.call("userDataStream.subscribe.signature", **signed())
        await wire.call("userDataStream.subscribe.signature", 400, -2035, **signed())
        listed = await wire.call("session.subscriptions")
        assert listed["result"] == [first["result"]], listed
        await wire.call(
            "userDataStream.unsubscribe", subscriptionId=first["result"]["subscriptionId"]
        )
        await wire.call(
            "userDataStream.unsubscribe",
            400,
            None,
            subscriptionId=first["result"]["subscriptionId"],
        )


async def wrong_messages(session):
    """Messages that are no call at all."""
    for name, text in {
        "not JSON": "{",
        "a list": "[]",
        "no method": '{"id": 1}',
        "a number": "7",
    }.items():
        async with checks(f"ws api refused: {name}"), Wire(session, "/ws-api/v3") as wire:
            said = await wire.ask(text)
            assert said["status"] == 400 and said["error"]["code"], said


async def sessions(session):
    """A logged-on session signs nothing more; its events carry the subscription's number."""
    async with Wire(session, "/ws-api/v3") as wire:
        async with checks("session: logon, status, requests without a signature"):
            said = await wire.call("session.logon", **signed(ED25519))
            assert said["result"]["apiKey"] == ED25519["apiKey"], said
            await wire.call("session.status")
            await wire.call("account.status", timestamp=time.time_ns() // 1_000_000)
        async with checks("session: events"):
            number = (await wire.call("userDataStream.subscribe"))["result"]["subscriptionId"]
            order = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "0.001"}
            await wire.socket.send_json(
                {
                    "id": 9,
                    "method": "order.place",
                    "params": order | {"timestamp": time.time_ns() // 1_000_000},
                }
            )
            kinds, answered = [], False
            while not answered or "outboundAccountPosition" not in kinds:
                said = await wire.frame()
                answered = answered or said.get("id") == 9
                if "event" in said:
                    assert said["subscriptionId"] == number, said
                    kinds.append(said["event"]["e"])
            assert kinds[:2] == ["executionReport", "executionReport"], kinds
            assert kinds.count("outboundAccountPosition") == 1, kinds
        async with checks("session: logout"):
            await wire.call("session.logout")
            await wire.call("account.status", 401, None, timestamp=time.time_ns() // 1_000_000)


async def book(session):
    """Diffs replayed on a snapshot give the book of a later snapshot, by Binance's own recipe."""
    name, path = "diff depth replay equals the snapshot", "/ws/btcusdt@depth@100ms"
    async with checks(name, 30), Wire(session, path) as wire:
        events = [await wire.frame()]
        state = await _snapshot(session)
        while state["lastUpdateId"] < events[0]["U"]:
            state = await _snapshot(session)
        sides = {name: dict(map(tuple, state[name])) for name in ("bids", "asks")}
        local, checked = state["lastUpdateId"], 0
        while checked < 3:
            event = events.pop(0) if events else await wire.frame()
            if event["u"] <= local:
                continue
            assert event["U"] <= local + 1, f"gap: {event['U']} after {local}"
            _apply(sides, event)
            local = event["u"]
            later = await _snapshot(session)
            if later["lastUpdateId"] == local:
                checked += 1
                for side, held in sides.items():
                    assert dict(map(tuple, later[side])) == held, (side, local)


def _apply(sides, event):
    for name, key in (("bids", "b"), ("asks", "a")):
        for price, quantity in event[key]:
            if float(quantity):
                sides[name][price] = quantity
            else:
                sides[name].pop(price, None)


async def _snapshot(session):
    async with session.get(f"{place['http']}/api/v3/depth?symbol=BTCUSDT&limit=5000") as answer:
        return await answer.json()


async def pings(session):
    """The server pings within 20 seconds, and goes on with who answers."""
    async with checks("ping every 20 s", 30), Wire(session, "/ws/btcusdt@avgPrice") as wire:
        while (await wire.socket.receive()).type is not aiohttp.WSMsgType.PING:
            pass


async def main():
    """Run everything."""
    async with aiohttp.ClientSession() as session:
        for part in (stream_paths, control, api_calls, sessions):
            async with checks(f"{part.__name__} as a whole", 90):
                await part(session)
        await asyncio.gather(book(session), pings(session))


if __name__ == "__main__":
    asyncio.run(main())
