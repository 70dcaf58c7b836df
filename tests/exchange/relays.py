"""Starts the real relay as a process, and wires that can be cut."""

import asyncio
import contextlib
import json
import sys

import aiohttp

from tests.exchange.server import Server


class Relay(Server):
    """One running relay of an upstream."""

    def __init__(self, upstream_port, *options):
        self._command = [
            sys.executable,
            "-c",
            "import sys; from botexchange.main import main; sys.exit(main())",
            "relay",
            "--port=0",
            "--admin-port=0",
            f"--upstream-rest=http://127.0.0.1:{upstream_port}",
            f"--upstream-stream=ws://127.0.0.1:{upstream_port}",
            *options,
        ]
        self.start()

    def stream(self, *names):
        """Give the address of combined streams."""
        return f"ws://127.0.0.1:{self.port}/stream?streams={'/'.join(names)}"


class Wire:
    """A TCP forwarder: what goes through can be cut, and nothing new let in."""

    def __init__(self, port):
        self._target = port
        self._writers = set()
        self._tasks = set()
        self.is_open = True
        self.connections = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self):
        """Drop every connection at once."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        self._writers.add(writer)
        try:
            if self.is_open:
                await self._forward(reader, writer)
        finally:
            self._writers.discard(writer)
            writer.transport.abort()
            self._tasks.discard(asyncio.current_task())

    async def _forward(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers.add(far_writer)
        try:
            pumps = [
                asyncio.create_task(pump(reader, far_writer)),
                asyncio.create_task(pump(far_reader, writer)),
            ]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for one in pumps:
                one.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        finally:
            self._writers.discard(far_writer)
            far_writer.transport.abort()


async def pump(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


class Listening:
    """Collects the frames of a stream connection, as text and as read; the relay's own apart."""

    def __init__(self, url):
        self._url = url
        self.texts, self.frames, self.states = [], [], []
        self._news = asyncio.Event()

    async def __aenter__(self):
        self._session = aiohttp.ClientSession()
        self.socket = await self._session.ws_connect(self._url)
        self._task = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.socket.close()
        await self._session.close()

    async def _read(self):
        async for message in self.socket:
            frame = json.loads(message.data)
            if frame.get("stream") == "!relay" or frame.get("e") == "relayStatus":
                self.states.append(frame)
            else:
                self.texts.append(message.data)
                self.frames.append(frame)
            self._news.set()

    def of(self, stream):
        """Give the payloads of one stream so far."""
        return [frame["data"] for frame in self.frames if frame.get("stream") == stream]

    def closed(self, stream):
        """Give the opening times of the candles that closed so far."""
        return [data["k"]["t"] for data in self.of(stream) if data["k"]["x"]]

    async def until(self, condition, seconds=15):
        """Wait until what was collected fulfils a condition."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._news.clear()
                await self._news.wait()


async def get(port, path, **params):
    """Call a public endpoint; give status, headers and JSON."""
    url = f"http://127.0.0.1:{port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url, params=params) as answer:
        return answer.status, answer.headers, await answer.json(content_type=None)


async def eventually(ask, seconds=15):
    """Ask until the answer is true; give it."""
    async with asyncio.timeout(seconds):
        while True:
            if found := await ask():
                return found
            await asyncio.sleep(0.1)
