"""From a closed candle's bytes to a signed order's bytes, in one process: our engine, or a bare aiohttp client.

Reads a plan (JSON) from standard input and writes what it measured to standard output.
"""

import asyncio
import hmac
import json
import sys
import time
import uuid
from typing import Any, Final

import aiohttp

from botcore.ledger.connect import DatabaseAddress
from botrunner.adapters.binance_client import Endpoints
from botrunner.adapters.ledger_journal import LedgerJournal
from botrunner.adapters.ledger_lease import LedgerLease
from hack.bench.runner.engine_alone import Account, EngineAlone, quiet_logs, trading
from hack.bench.runner.tapped_loop import Tap, TappedLoop

__all__ = ["main"]

_WARM: Final = 20
"""Orders that do not count."""
_QUANTITY: Final = "0.001"
_TOO_LATE: Final = -1021


async def _run(plan: dict[str, Any], tap: Tap) -> dict[str, Any]:
    begun = time.monotonic()
    client = asyncio.create_task(_bare(plan) if plan["client"] == "bare" else _engine(plan))
    while len(tap.seconds) < plan["orders"] + _WARM and not client.done():
        if time.monotonic() - begun > plan["seconds"]:
            break
        await asyncio.sleep(0.1)
    if client.done():
        await client  # raises what ended it
    client.cancel()
    await asyncio.wait([client], timeout=10)
    times, busy = sorted(tap.seconds[_WARM:]), sorted(tap.busy[_WARM:])
    if not times:
        raise RuntimeError(f"{plan['client']}: no order within {plan['seconds']} s")
    return {
        "orders": len(times),
        "p50_ms": round(times[len(times) // 2] * 1_000, 2),
        "p99_ms": round(times[len(times) * 99 // 100] * 1_000, 2),
        "busy_p50_ms": round(busy[len(busy) // 2] * 1_000, 2),
        "busy_p99_ms": round(busy[len(busy) * 99 // 100] * 1_000, 2),
    }


async def _engine(plan: dict[str, Any]) -> None:
    """Trade by our engine: a strategy that buys at every candle."""
    account = Account(uid=plan["uid"], key=plan["key"], secret=plan["secret"])
    endpoints = Endpoints(
        rest_url=plan["rest"], ws_api_url=plan["wsApi"], stream_url=plan["stream"]
    )
    journal = lease = None
    if plan["database"] is not None:
        address = DatabaseAddress(**plan["database"])
        journal, lease = LedgerJournal(address), LedgerLease(address, uuid.uuid4())
    strategy = {
        "name": "every", "type": "dca", "symbols": [plan["symbol"]], "interval": "1m",
        "capital": "1000000", "params": {"amount": "50"},
    }  # fmt: skip
    spec = {
        "owner": "bench", "paper": {"balances": {"USDT": "1"}}, "strategies": [strategy],
    }  # fmt: skip
    with trading(EngineAlone(spec, account, endpoints, journal=journal, lease=lease)) as tasks:
        await asyncio.gather(*tasks)


async def _bare(plan: dict[str, Any]) -> None:
    """Buy at every candle with nothing but aiohttp: read, look, sign, send."""
    stream = f"{plan['stream']}/ws/{plan['symbol'].lower()}@kline_1m"
    headers = {"X-MBX-APIKEY": plan["key"]}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.ws_connect(stream) as socket,
    ):
        async for message in socket:
            candle = json.loads(message.data)["k"]
            if candle["x"]:
                await _order(session, plan)


async def _order(session: aiohttp.ClientSession, plan: dict[str, Any]) -> None:
    now = plan["server_ms"] + (time.monotonic() - plan["measured"]) * 1_000 * plan["speed"]
    body = (
        f"symbol={plan['symbol']}&side=BUY&type=MARKET&quantity={_QUANTITY}"
        f"&newClientOrderId=bare-{uuid.uuid4().hex[:20]}&recvWindow=60000&timestamp={int(now)}"
    )
    signature = hmac.digest(plan["secret"].encode(), body.encode(), "sha256").hex()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{plan['rest']}/api/v3/order"
    async with session.post(url, data=f"{body}&signature={signature}", headers=kind) as answer:
        told = await answer.json()
        # On a busy machine an answer may be late for the exchange's fast clock; the bytes left all the same.
        if answer.status != 200 and told["code"] != _TOO_LATE:
            raise RuntimeError(f"the exchange refused: {told}")


def main() -> None:
    """Run the plan."""
    plan, tap = json.load(sys.stdin), Tap()
    quiet_logs()
    with asyncio.Runner(loop_factory=lambda: TappedLoop(tap)) as runner:
        json.dump(runner.run(_run(plan, tap)), sys.stdout)


if __name__ == "__main__":
    main()
