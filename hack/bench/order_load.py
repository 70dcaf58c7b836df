"""Places signed orders over keep-alive connections, as cheaply as Python can, and checks every answer.

Reads a plan (JSON) from standard input and writes what it measured to standard output.
"""

import asyncio
import hmac
import json
import math
import random
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, cast

import uvloop

__all__ = ["main"]

_KINDS: Final = ("limit",) * 55 + ("market",) * 35 + ("cancel",) * 10
_WANTED: Final = {
    "limit": b'"status":"NEW"',
    "market": b'"status":"FILLED"',
    "cancel": b'"status":"CANCELED"',
}
_QUIET_SECONDS: Final = 5.0


@dataclass(slots=True, kw_only=True)
class _Account:
    key: str
    secret: bytes
    resting: deque[tuple[str, str]] = field(default_factory=deque)


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What all connections did; requests that began before `begin` or after `end` do not count."""

    begin: float
    end: float
    done: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class _Client(asyncio.Protocol):
    """One connection: one request at a time, as fast as answers come or at due times."""

    def __init__(self, plan: dict[str, Any], number: int, tally: _Tally, start: float) -> None:
        self._plan, self._number, self._tally, self._start = plan, number, tally, start
        self._loop = asyncio.get_running_loop()
        self._draw = random.Random(number)  # noqa: S311 a repeatable flow, no secret
        share = plan["accounts"][number :: plan["connections"]]
        self._accounts = [_Account(key=key, secret=secret.encode()) for key, secret in share]
        self._transport: asyncio.Transport
        self._buffer, self._sent, self._kind = b"", 0, ""
        self._begun = 0.0
        self.finished = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin when the clock of all connections begins."""
        self._transport = cast("asyncio.Transport", transport)
        self._loop.call_later(self._start - time.monotonic(), self._next)

    def data_received(self, data: bytes) -> None:
        """Take an answer; when it is complete, send the next request."""
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        at = head.lower().index(b"content-length: ") + 16
        if len(body) < int(head[at:].partition(b"\r\n")[0]):
            return
        self._buffer = b""
        self._count(head, body)
        self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        """Tell that an answer is missing."""
        if not self.finished.done():
            self._tally.wrong.append("the connection was closed")
            self.finished.set_result(None)

    def _count(self, head: bytes, body: bytes) -> None:
        tally, kind = self._tally, self._kind
        is_right = head[9:12] == b"200" and b'"orderId":' in body
        if not is_right or _WANTED[kind] not in body.replace(b'": "', b'":"'):
            tally.wrong.append(f"{kind}: {head[:12].decode()} {body[:300].decode()}")
        elif tally.begin <= self._begun < tally.end:
            tally.done[kind] += 1
            tally.latencies.append(time.monotonic() - self._begun)

    def _next(self) -> None:
        rate = self._plan["rate"]
        now = due = time.monotonic()
        if rate:  # latency counts from the due time, so that a slow answer is not hidden by waiting for it
            due = self._start + (self._sent * self._plan["connections"] + self._number) / rate
        if max(now, due) >= self._tally.end:
            if not self.finished.done():
                self.finished.set_result(None)
        elif due > now:
            self._loop.call_later(due - now, self._send, due)
        else:
            self._send(due)

    def _send(self, due: float) -> None:
        account = self._accounts[self._sent % len(self._accounts)]
        self._sent += 1
        self._begun = due
        self._kind = kind = self._draw.choice(_KINDS)
        if kind == "cancel" and not account.resting:
            self._kind = kind = "limit"
        now_ms = int(self._plan["server_ms"] + (time.monotonic() - self._plan["measured"]) * 1_000)
        query = f"{self._parameters(account, kind)}&timestamp={now_ms}"
        signature = hmac.digest(account.secret, query.encode(), "sha256").hex()
        method = "DELETE" if kind == "cancel" else "POST"
        self._transport.write(
            f"{method} /api/v3/order?{query}&signature={signature} HTTP/1.1\r\nHost: x\r\n"
            f"X-MBX-APIKEY: {account.key}\r\n\r\n".encode()
        )

    def _parameters(self, account: _Account, kind: str) -> str:
        if kind == "cancel":
            symbol, client_id = account.resting.popleft()
            return f"symbol={symbol}&origClientOrderId={client_id}"
        market = self._draw.choice(self._plan["markets"])
        symbol, quantity = market["symbol"], market["quantity"]
        if kind == "market":
            side = self._draw.choice(("BUY", "SELL"))
            return f"symbol={symbol}&side={side}&type=MARKET&quantity={quantity}"
        client_id = f"{self._plan['name']}-{self._number}-{self._sent}"
        account.resting.append((symbol, client_id))
        return (
            f"symbol={symbol}&side=BUY&type=LIMIT&timeInForce=GTC&quantity={quantity}"
            f"&price={market['price']}&newClientOrderId={client_id}&newOrderRespType=RESULT"
        )


def _given(client: _Client) -> _Client:
    return client


async def _run(plan: dict[str, Any]) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    start = time.monotonic() + 0.5
    begin = start + plan["warm_seconds"]
    tally = _Tally(begin=begin, end=begin + plan["seconds"])
    clients = []
    for number in range(plan["connections"]):
        client = _Client(plan, number, tally, start)
        await loop.create_connection(partial(_given, client), "127.0.0.1", plan["port"])
        clients.append(client)
    waiting = plan["warm_seconds"] + plan["seconds"] + _QUIET_SECONDS + 0.5
    await asyncio.wait([client.finished for client in clients], timeout=waiting)
    times = sorted(tally.latencies) or [math.inf]
    return {
        "done": dict(tally.done),
        "p50_ms": round(times[len(times) // 2] * 1_000, 2),
        "p99_ms": round(times[len(times) * 99 // 100] * 1_000, 2),
        "wrong": len(tally.wrong) + sum(not client.finished.done() for client in clients),
        "example": tally.wrong[:1],
    }


def main() -> None:
    """Run the plan."""
    plan = json.load(sys.stdin)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        json.dump(runner.run(_run(plan)), sys.stdout)


if __name__ == "__main__":
    main()
