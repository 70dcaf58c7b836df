"""The parts of the live source, connected."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import orjson
import structlog

from botcore.domain.errors import Transient
from botcore.matching.instruments import Instrument
from botcore.matching.quotes import SymbolMarket
from botcore.runtime.clock import Clock
from botexchange.market.source import PublicTrade
from botexchange.upstream.channels import Tasks, Tools
from botexchange.upstream.hosts import Hosts
from botexchange.upstream.listing import RULES, instruments_of
from botexchange.upstream.live import LiveSource
from botexchange.upstream.live_tape import trade_of_rest
from botexchange.upstream.rest import UpstreamRest
from botexchange.upstream.streams import UpstreamStreams
from botexchange.upstream.venue_time import VenueTime
from botexchange.wiring.serving import Program

__all__ = ["Live", "open_live"]

_log = structlog.get_logger(__name__)
STALE_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 5.0
TRADES: Final = "1000"
_Read = tuple[tuple[Instrument, ...], dict[str, list[PublicTrade]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A live source and what keeps it alive."""

    source: LiveSource
    failed: asyncio.Future[None]
    """Ends with an error of our own in one of its tasks."""
    session: aiohttp.ClientSession
    tools: Tools

    def keep(self, program: Program, markets: Mapping[str, SymbolMarket]) -> Program:
        """Give the program that also watches upstream and ends if a part of the source fails."""

        async def work() -> None:
            tasks = {
                asyncio.ensure_future(program.work()),
                asyncio.ensure_future(self.source.watch(markets)),
            }
            try:
                done, _ = await asyncio.wait(
                    {*tasks, self.failed}, return_when=asyncio.FIRST_COMPLETED
                )
                for one in done:
                    one.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

        return replace(program, work=work)

    async def close(self) -> None:
        """Let go of upstream."""
        await self.tools.tasks.close()
        await self.tools.streams.close()
        await self.session.close()


async def open_live(hosts: Hosts, symbols: tuple[str, ...], clock: Clock) -> Live:
    """Read rules and newest trades, then follow them; waits for an upstream that is not there.

    Raises:
        VenueError: upstream does not know a symbol.
    """
    session = aiohttp.ClientSession(trust_env=True)
    rest = UpstreamRest(session, hosts.rest, clock)
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def fail(error: BaseException) -> None:
        if not failed.done():
            failed.set_exception(error)

    time, tasks = VenueTime(rest, clock), Tasks(fail)
    try:
        instruments, trades = await _read(rest, time, symbols)
    except BaseException:
        await session.close()
        raise
    source = LiveSource(urlsplit(hosts.rest).netloc, instruments)
    streams = UpstreamStreams(session, hosts.stream, clock, STALE_SECONDS, fail)
    tools = Tools(rest=rest, streams=streams, sink=source, time=time, clock=clock, tasks=tasks)
    streams.start(source)
    source.start(tools, trades)
    tasks.start(time.run())
    return Live(source=source, failed=failed, session=session, tools=tools)


async def _read(rest: UpstreamRest, time: VenueTime, symbols: tuple[str, ...]) -> _Read:
    """Read what the market begins with, as often as it takes."""
    while True:
        try:
            await time.measure()
            rules = await rest.get(RULES, _symbols(symbols))
            trades = {symbol: await _newest(rest, symbol) for symbol in symbols}
            prices = {symbol: known[-1].price for symbol, known in trades.items()}
            return instruments_of(rules.value, prices), trades
        except Transient as error:
            _log.warning("upstream_unreachable", cause=str(error))
            await asyncio.sleep(max(RETRY_SECONDS, error.after_seconds))


def _symbols(symbols: tuple[str, ...]) -> dict[str, str]:
    return {"symbols": orjson.dumps(symbols).decode()}


async def _newest(rest: UpstreamRest, symbol: str) -> list[PublicTrade]:
    answer = await rest.get("/api/v3/trades", {"symbol": symbol, "limit": TRADES})
    rows = answer.value if isinstance(answer.value, list) else []
    trades = [trade for row in rows if (trade := trade_of_rest(row)) is not None]
    if not trades:
        raise Transient("upstream's trades make no sense")
    return trades
