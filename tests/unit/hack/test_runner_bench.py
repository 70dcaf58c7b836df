"""The parts of the runner's benches that decide what is measured."""

import asyncio
from pathlib import Path

import pytest

from botcore.resources.strategy_params import PARAMETER_MODELS
from botcore.resources.validation import parse_trading_bot
from hack.bench.runner.candles import NAME, first_candles, write_walk
from hack.bench.runner.host import a_bot
from hack.bench.runner.samples import SAMPLES, sample_strategies
from hack.bench.runner.tapped_loop import Tap, TappedLoop

CLOSED = b'{"k":{"x":true}}'
OPEN = b'{"k":{"x":false}}'


def test_soak_has_a_valid_strategy_of_every_type() -> None:
    strategies = sample_strategies()

    parsed = parse_trading_bot(a_bot("soak", *strategies)).spec

    kinds = {kind.value for kind in PARAMETER_MODELS} - {"custom"}
    assert kinds <= SAMPLES.keys()
    assert {one.type.value for one in parsed.strategies} == kinds
    assert len(strategies) >= 8
    symbols = [symbol for one in strategies for symbol in one["symbols"]]
    assert len(symbols) == len(set(symbols))


def test_walk_is_the_same_each_time_and_its_candles_hold_together(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_walk(tmp_path / name, 500, seed=7)

    text = (tmp_path / "one").read_text()
    assert text == (tmp_path / "two").read_text()
    for row in text.splitlines()[1:]:
        opened, high, low, close = map(float, row.split(",")[1:5])
        assert low <= min(opened, close) <= max(opened, close) <= high
    assert first_candles(tmp_path / "one", tmp_path / NAME, 20) == 20
    assert (tmp_path / NAME).read_text() == "".join(text.splitlines(keepends=True)[:21])


@pytest.mark.parametrize(
    ("head", "measured"),
    [
        ([b"POST /api/v3/order HTTP/1.1\r\n\r\nsymbol=B&signature=0"], 1),
        ([b"POST /api/v3/order HTTP/1.1\r\n\r\n", b"symbol=B&signature=0"], 1),
        ([b"GET /api/v3/account?signature=0 HTTP/1.1\r\n\r\n"], 0),
        ([b"POST /api/v3/order HTTP/1.1\r\n\r\n"], 0),
    ],
)
def test_tap_measures_from_a_closed_candle_to_the_whole_signed_order(
    head: list[bytes], measured: int
) -> None:
    tap = Tap()
    for data in head:
        tap.wrote(data)  # no candle came before it
    tap.read(OPEN)
    tap.read(CLOSED)

    for data in (*head, *head):
        tap.wrote(data)

    assert len(tap.seconds) == measured


def test_tapped_loop_shows_both_directions_and_hands_everything_on() -> None:
    tap = Tap()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CLOSED)
        assert await reader.readuntil(b"!") == b"POST /api/v3/order signature=0!"
        writer.write(b"done")
        writer.close()

    async def talk() -> bytes:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await reader.readexactly(len(CLOSED)) == CLOSED
            writer.write(b"POST /api/v3/order signature=0!")
            told = await reader.read()
            writer.close()
            return told

    with asyncio.Runner(loop_factory=lambda: TappedLoop(tap)) as runner:
        assert runner.run(talk()) == b"done"

    assert len(tap.seconds) == 1
