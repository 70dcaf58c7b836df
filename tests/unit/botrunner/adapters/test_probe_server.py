"""Probes are answered, and nobody who asks can get in the way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest

from botrunner.adapters import probe_server
from botrunner.adapters.probe_server import Answer, ProbeServer, verdict
from tests.support.waiting import wait_until


def broken() -> Answer:
    raise RuntimeError("a page's own fault")


PAGES = {
    "/healthz": lambda: verdict(()),
    "/readyz": lambda: verdict(("not recovered", "market data is stale")),
    "/metrics": lambda: Answer(text="x" * 3_000_000),
    "/huge": lambda: Answer(text="x" * 30_000_000),
    "/broken": broken,
}


@asynccontextmanager
async def serving(folder: Path, port: int = 0) -> AsyncIterator[int]:
    file = folder / "probe-port"
    file.unlink(missing_ok=True)
    server = ProbeServer(host="127.0.0.1", port=port, port_file=file, pages=PAGES)
    task = asyncio.create_task(server.run())
    try:
        yield await port_in(file)
        assert not task.done()
    finally:
        task.cancel()


async def port_in(file: Path) -> int:
    port = await asyncio.to_thread(wait_until, lambda: file.exists() and file.read_text(), "a port")
    return int(port)


async def ask(port: int, sent: bytes) -> bytes:
    """Send these bytes and read until the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with closing(writer):
        writer.write(sent)
        try:
            async with asyncio.timeout(5):
                return await reader.read()
        except ConnectionError:
            return b""


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: bot\r\nUser-Agent: kube-probe/1.34\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("sent", "status", "text"),
    [
        (get("/healthz"), b"200 OK", b"ok\n"),
        (get("/healthz?verbose=1"), b"200 OK", b"ok\n"),
        (
            get("/readyz"),
            b"503 Service Unavailable",
            b"not recovered; market data is stale\n",
        ),
        (get("/broken"), b"500 Internal Server Error", b"Internal Server Error\n"),
        (get("/nothing"), b"404 Not Found", b"Not Found\n"),
        (b"POST /healthz HTTP/1.1\r\n\r\n", b"405 Method Not Allowed", b"Method Not Allowed\n"),
        (b"nonsense\r\n\r\n", b"400 Bad Request", b"Bad Request\n"),
        (b"\xff \xff \xff\r\n\r\n", b"400 Bad Request", b"Bad Request\n"),
    ],
)
async def test_request_is_answered_and_the_connection_ended(
    tmp_path: Path, sent: bytes, status: bytes, text: bytes
) -> None:
    async with serving(tmp_path) as port:
        head, _, body = (await ask(port, sent)).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 " + status + b"\r\n")
    assert b"Connection: close" in head
    assert b"Content-Length: %d\r\n" % len(body) in head
    assert body == text


async def test_long_answer_arrives_whole(tmp_path: Path) -> None:
    async with serving(tmp_path) as port:
        answer = await ask(port, get("/metrics"))

    assert len(answer.partition(b"\r\n\r\n")[2]) == 3_000_000


@pytest.mark.parametrize("sent", [b"GET /healthz HTTP/1.1\r\n", b"GET /" + b"a" * 100_000])
async def test_who_sends_slowly_or_too_much_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(probe_server, "_PATIENCE", 0.2)

    async with serving(tmp_path) as port:
        assert await ask(port, sent) == b""
        assert (await ask(port, get("/healthz"))).endswith(b"ok\n")


async def test_who_reads_slowly_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_server, "_PATIENCE", 0.2)

    async with serving(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(get("/huge"))
        await asyncio.sleep(0.5)  # takes nothing beyond its own small buffers
        got = 0
        with suppress(ConnectionError):
            while piece := await reader.read(65_536):
                got += len(piece)
        writer.close()

    assert got < 30_000_000


async def test_crowd_of_silent_connections_keeps_nobody_out(tmp_path: Path) -> None:
    async with serving(tmp_path) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(60)]
        answer = await ask(port, get("/healthz"))
        cut = [one for one, _ in idle if await is_cut(one)]
        for _, writer in idle:
            writer.close()

    assert answer.endswith(b"ok\n")
    assert len(cut) >= 60 - probe_server._MOST_CONNECTIONS


async def is_cut(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(0.05):
            return await reader.read() == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


async def test_taken_port_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_server, "_BIND_AGAIN", 0.05)
    first = ProbeServer(
        host="127.0.0.1",
        port=0,
        port_file=tmp_path / "first",
        pages={"/healthz": PAGES["/healthz"]},
    )
    holding = asyncio.create_task(first.run())
    port = await port_in(tmp_path / "first")

    async def release() -> None:
        await asyncio.sleep(0.2)
        holding.cancel()

    releasing = asyncio.create_task(release())
    async with serving(tmp_path, port) as found:
        assert found == port
        assert (await ask(port, get("/readyz"))).startswith(b"HTTP/1.1 503")
    await releasing
