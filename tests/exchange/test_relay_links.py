"""Upstream connections: replaced in time without loss or doubles, refusals and bans obeyed."""

import asyncio
import contextlib
import time

import aiohttp
import pytest
from aiohttp import web

from botcore.runtime.clock import SystemClock
from botexchange.upstream import link, streams
from botexchange.upstream.messages import Frame
from botexchange.upstream.streams import UpstreamStreams

pytestmark = pytest.mark.e2e
DEPTH = "btcusdt@depth@100ms"
EVERY_SECONDS = 0.02


class Upstream:
    """A server whose connections lag by as much as the test says; all count the same events."""

    def __init__(self):
        self.lags = {}
        self.refused = ()
        self.ban = None
        self.attempts = []
        self.sockets = []
        self.asked = []
        self._began = time.monotonic()

    def number(self):
        return int((time.monotonic() - self._began) / EVERY_SECONDS)

    async def handle(self, request):
        self.attempts.append(time.monotonic())
        if self.ban is not None:
            return web.Response(status=self.ban, headers={"Retry-After": "2"})
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        wanted = {}
        task = asyncio.create_task(
            self._send(socket, wanted, self.lags.get(len(self.sockets), 0.0))
        )
        try:
            async for message in socket:
                body = message.json()
                self.asked.append(body)
                if any(name in self.refused for name in body["params"]):
                    await socket.send_json({"error": {"code": 2, "msg": "no"}, "id": body["id"]})
                    continue
                for name in body["params"]:
                    if body["method"] == "SUBSCRIBE":
                        wanted[name] = self.number() + 1
                    else:
                        wanted.pop(name, None)
                await socket.send_json({"result": None, "id": body["id"]})
        finally:
            task.cancel()
        return socket

    async def _send(self, socket, wanted, lag):
        while True:
            now = self.number() - round(lag / EVERY_SECONDS)
            for name, after in list(wanted.items()):
                for number in range(after, now + 1):
                    text = f'{{"stream":"{name}","data":{{"U":{number},"u":{number}}}}}'
                    await socket.send_str(text)
                wanted[name] = max(after, now + 1)
            await asyncio.sleep(EVERY_SECONDS / 2)


class Heard:
    def __init__(self):
        self.frames, self.back = [], []

    def deliver(self, frame: Frame):
        self.frames.append(frame)

    def resumed(self, names):
        self.back.append(names)

    def numbers(self, stream=DEPTH):
        return [frame.data["u"] for frame in self.frames if frame.stream == stream]


@pytest.fixture
async def upstream():
    found = Upstream()
    application = web.Application()
    application.add_routes([web.get("/stream", found.handle)])
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"ws://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@contextlib.asynccontextmanager
async def following(upstream, **options):
    failures, heard = [], Heard()
    async with aiohttp.ClientSession() as session:
        found = UpstreamStreams(session, upstream.url, SystemClock(), 4, failures.append, **options)
        found.start(heard)
        try:
            yield found, heard
        finally:
            await found.close()
    assert not failures


async def until(condition, seconds=8.0):
    async with asyncio.timeout(seconds):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


def assert_whole(numbers):
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@pytest.mark.parametrize("lags", [(0, 0.2), (0.2, 0), (0, 0)])
async def test_announced_move_keeps_every_stream_in_order_without_loss_or_doubles(upstream, lags):
    upstream.lags = {1: lags[0], 2: lags[1]}
    async with following(upstream) as (found, heard):
        found.want(DEPTH)
        await until(lambda: len(heard.frames) > 20)
        await upstream.sockets[0].send_str('{"e":"serverShutdown","E":1}')
        await until(lambda: upstream.sockets[0].closed)
        at = len(heard.frames)
        await until(lambda: len(heard.frames) > at + 40)

    assert len(upstream.sockets) == 2
    assert heard.back == []
    assert_whole(heard.numbers())


async def test_stream_asked_for_during_the_move_does_not_undo_it(upstream):
    async with following(upstream) as (found, heard):
        found.want(DEPTH)
        await until(lambda: len(heard.frames) > 5)
        await upstream.sockets[0].send_str('{"e":"serverShutdown","E":1}')
        for number in range(20):  # always one that upstream has not acknowledged yet
            found.want(f"a{number}usdt@trade")
            await asyncio.sleep(0.15)
        await until(lambda: upstream.sockets[0].closed)
        at = len(heard.frames)
        await until(lambda: len(heard.frames) > at + 40)

    assert len(upstream.sockets) == 2
    assert_whole(heard.numbers())


async def test_stream_that_upstream_refuses_takes_no_other_with_it(upstream):
    upstream.refused = ("bad@trade",)
    async with following(upstream) as (found, heard):
        for name in ("a@trade", "b@trade", "bad@trade", "c@trade", "d@trade"):
            found.want(name)
        await until(lambda: {frame.stream[0] for frame in heard.frames} == set("abcd"))
        await asyncio.sleep(1)
        asked = len(upstream.asked)
        await asyncio.sleep(1)

        assert not found.flows("bad@trade")
        assert len(upstream.asked) == asked


@pytest.mark.parametrize("status", [429, 418])
async def test_ban_at_the_door_is_waited_for(upstream, status):
    upstream.ban = status
    async with following(upstream) as (found, _):
        await asyncio.sleep(1.8)
        attempts = len(upstream.attempts)
        upstream.ban = None
        await until(found.is_live)

    assert attempts == 1


async def test_new_connection_for_more_streams_makes_nothing_stale(upstream, monkeypatch):
    monkeypatch.setattr(streams, "MOST_STREAMS", 1)
    async with following(upstream) as (found, heard):
        found.want(DEPTH)
        await until(lambda: heard.frames)
        assert found.is_live()

        found.want("a@trade")

        assert found.is_live()
        await until(lambda: found.flows("a@trade"))
        await upstream.sockets[1].close()
        await until(lambda: not found.is_live())
        upstream.ban = 418
        assert found.flows(DEPTH)
        assert found.is_live(DEPTH)
        assert not found.is_live("a@trade")


def test_control_messages_stay_below_five_a_second():
    assert 1 / link.CONTROL_SECONDS + 2 / link.PROBE_SECONDS < 5
