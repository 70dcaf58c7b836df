"""Thousands of WebSocket connections come and go; nothing of them stays."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from tests.exchange.signer import Signer
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
AT_ONCE = 25
STREAMS = ("btcusdt@trade", "ethusdt@depth@100ms", "btcusdt@kline_1m", "nothing@here")
MOST_GROWTH = 8 * 1024  # KiB; the allocator keeps some


def footprint(server):
    """Give the resident KiB and the open files of the server."""
    process = Path(f"/proc/{server.process.pid}")
    (line,) = (
        one for one in (process / "status").read_text().splitlines() if one.startswith("VmRSS")
    )
    return int(line.split()[1]), len(list((process / "fd").iterdir()))


async def come_and_go(session, url, number, signer):
    """Open a connection, subscribe, and leave: politely, or by cutting the wire."""
    is_market = number % 2 == 0
    names = "/".join(STREAMS[: number % len(STREAMS)])
    path = f"/stream?streams={names}" if is_market else "/ws-api/v3"
    connection = await session.ws_connect(f"{url}{path}")
    if is_market:
        request = {"method": "SUBSCRIBE", "params": [f"btcusdt@depth{number % 3}"], "id": number}
    else:
        method = "userDataStream.subscribe.signature"
        request = {"id": number, "method": method, "params": signer.sign()}
    await connection.send_str(json.dumps(request))
    while json.loads(await connection.receive_str()).get("id") != number:
        pass
    if number % 3:
        await connection.close()
    else:
        connection._response.connection.transport.abort()


async def gone(server):
    """Wait until the server counts no connection; give its last count."""
    names = ("streamConnections", "streams", "wsApiConnections", "userDataStreams")
    for _ in range(100):
        status = await asyncio.to_thread(server.admin, "GET", "status")
        counts = {name: status[name] for name in names}
        if not any(counts.values()):
            break
        await asyncio.sleep(0.05)
    return counts


async def test_nothing_stays_of_closed_connections(run_exchange):
    server = run_exchange(
        "--seed=7", "--connection-limit=100000", "--weight-limit=1000000", data=None
    )
    signer, url = Signer(server, "HMAC"), f"http://127.0.0.1:{server.port}"
    async with aiohttp.ClientSession() as session:

        async def run(first, count):
            for begin in range(first, first + count, AT_ONCE):
                group = range(begin, begin + AT_ONCE)
                await asyncio.gather(*(come_and_go(session, url, one, signer) for one in group))
            assert set((await gone(server)).values()) == {0}
            return footprint(server)

        memory, files = await run(0, 500)
        memory_after, _ = await run(500, 1_500)
        # The last sockets are closed a moment after they are no longer counted.
        await asyncio.to_thread(wait_until, lambda: footprint(server)[1] <= files, "files closed")

    assert memory_after - memory < MOST_GROWTH
    assert not [line for line in server.lines if '"error"' in line or "Traceback" in line]
