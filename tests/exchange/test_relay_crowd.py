"""Many bots that ask for much at a time, or do not read what they asked for."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest
from aiohttp import web

from tests.exchange.relays import Relay, eventually, get

pytestmark = pytest.mark.e2e
PATH = "/api/v3/exchangeInfo"
CROWD = 40
MEGABYTE = 1 << 20


@pytest.fixture
async def rules():
    """As many symbols as Binance has, with as long rules."""
    symbols = [{"symbol": f"S{number}USDT", "pad": "x" * 3_000} for number in range(3_000)]
    return {"timezone": "UTC", "serverTime": 5, "rateLimits": [], "symbols": symbols}


@pytest.fixture
async def relay(rules):
    async def answer(request):
        if request.path == PATH:
            return web.json_response(rules)
        return web.json_response({"serverTime": 1_700_000_000_000})

    async def stream(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        return socket

    application = web.Application()
    application.add_routes([web.get("/stream", stream), web.get("/{tail:.*}", answer)])
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found = await asyncio.to_thread(Relay, runner.addresses[0][1])

    async def knows():
        _, _, state = await get(found.admin_port, "/healthz")
        return state["symbols"] == 3_000

    await eventually(knows)
    yield found
    await asyncio.to_thread(found.kill)
    await runner.cleanup()


def memory(relay):
    pages = Path(f"/proc/{relay.process.pid}/statm").read_text().split()[1]
    return int(pages) * 4_096


async def test_all_rules_are_upstreams_own_and_so_is_a_part(rules, relay):
    status, headers, found = await get(relay.port, PATH)
    _, _, part = await get(relay.port, PATH, symbols='["S7USDT","S5USDT"]')

    assert (status, headers.getall("X-Kbots-Upstream")) == (200, ["live"])
    assert int(headers["X-Kbots-Upstream-Age"]) < 20_000
    assert found.pop("serverTime") > 5
    assert found == {key: value for key, value in rules.items() if key != "serverTime"}
    assert part["symbols"] == [rules["symbols"][7], rules["symbols"][5]]


async def test_crowd_that_does_not_read_costs_no_memory_and_keeps_nobody_waiting(relay):
    await get(relay.port, PATH)
    before = memory(relay)
    writers = []
    for _ in range(CROWD):
        _, writer = await asyncio.open_connection("127.0.0.1", relay.port, limit=1_024)
        writer.write(f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        writers.append(writer)
    await asyncio.sleep(2)

    async with asyncio.timeout(5):
        _, _, found = await get(relay.port, PATH)
    grown = memory(relay) - before
    for writer in writers:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    assert len(json.dumps(found)) > 9_000_000
    assert grown < 60 * MEGABYTE
