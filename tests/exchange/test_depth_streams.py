"""The published order book over a real run: snapshots and changes tell one story."""

import asyncio
import json

import aiohttp
import pytest

from tests.exchange.server import Server

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    """Give a market that moves 30 times as fast as the world."""
    server = Server(
        tmp_path_factory.mktemp("depth"), "--seed=7", "--speed=30", "--weight-limit=1000000"
    )
    yield server
    server.kill()


async def receive(socket):
    return json.loads(await asyncio.wait_for(socket.receive_str(), 5))


def apply(book, event):
    for name, side in (("b", "bids"), ("a", "asks")):
        for price, quantity in event[name]:
            if quantity == "0.00000000":
                book[side].pop(price, None)
            else:
                book[side][price] = quantity
    book["id"] = event["u"]


def snapshot(server, symbol):
    _, _, answer = server.public(f"/api/v3/depth?symbol={symbol}&limit=5000")
    return {
        "id": answer["lastUpdateId"],
        "bids": dict(answer["bids"]),
        "asks": dict(answer["asks"]),
    }


@pytest.mark.parametrize("stream", ["btcusdt@depth@100ms", "ethbtc@depth@100ms", "dogeusdt@depth"])
async def test_changes_lead_from_one_snapshot_to_any_later_one(exchange, stream):
    symbol, last, compared = stream.partition("@")[0].upper(), None, 0
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{exchange.port}/ws/{stream}"
        async with session.ws_connect(url) as socket:
            book = snapshot(exchange, symbol)
            while compared < 3:
                event = await receive(socket)
                assert last is None or event["U"] == last + 1
                last = event["u"]
                if event["u"] <= book["id"]:
                    continue
                assert event["U"] <= book["id"] + 1, "no gap after the snapshot"
                apply(book, event)
                now = snapshot(exchange, symbol)
                if now["id"] == book["id"]:
                    assert book == now
                    compared += 1
                assert max(map(float, book["bids"])) < min(map(float, book["asks"]))
    assert len(book["asks"]) > 100


async def test_best_levels_are_those_of_the_snapshot(exchange):
    names = "/".join(
        f"btcusdt@{name}" for name in ("bookTicker", "depth5@100ms", "depth10", "depth20@100ms")
    )
    books, tickers, seen = {}, {}, set()
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{exchange.port}/stream?streams={names}"
        async with session.ws_connect(url) as socket:
            for _ in range(120):
                frame = await receive(socket)
                name, data = frame["stream"].partition("@")[2], frame["data"]
                if name == "bookTicker":
                    tickers[data["u"]] = [[data["b"], data["B"]], [data["a"], data["A"]]]
                else:
                    seen.add(name)
                    assert set(data) == {"lastUpdateId", "bids", "asks"}
                    assert len(data["bids"]) == len(data["asks"]) == int(name[5:].split("@")[0])
                    books[data["lastUpdateId"]] = [data["bids"][0], data["asks"][0]]
    both = books.keys() & tickers.keys()
    assert len(seen) == 3
    assert both
    assert all(books[number] == tickers[number] for number in both)


async def test_frames_come_no_faster_than_documented(exchange):
    counts = dict.fromkeys(("depth", "depth@100ms", "miniTicker", "kline_1m"), 0)
    names = "/".join(f"btcusdt@{name}" for name in counts)
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{exchange.port}/stream?streams={names}"
        async with session.ws_connect(url) as socket:
            end = loop.time() + 3
            while loop.time() < end:
                frame = await receive(socket)
                is_closed = frame["data"].get("k", {}).get("x", False)
                counts[frame["stream"].partition("@")[2]] += not is_closed
    assert counts["depth"] <= 4
    assert counts["miniTicker"] <= 4
    assert counts["kline_1m"] <= 2
    assert 10 <= counts["depth@100ms"] <= 32


async def test_a_shock_does_not_break_the_story(exchange):
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{exchange.port}/ws/xrpusdt@depth@100ms"
        async with session.ws_connect(url) as socket:
            book = snapshot(exchange, "XRPUSDT")
            exchange.admin("POST", "shock", {"symbol": "XRPUSDT", "percent": "-5"})
            for _ in range(12):
                event = await receive(socket)
                if event["u"] > book["id"]:
                    assert event["U"] <= book["id"] + 1
                    apply(book, event)
            assert max(map(float, book["bids"])) < min(map(float, book["asks"]))
