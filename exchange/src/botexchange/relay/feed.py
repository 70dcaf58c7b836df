"""What flows from upstream to the listeners: streams come and go with those who want them."""

import asyncio
from typing import Final

import structlog

from botexchange.relay.names import StreamKind, StreamName, parse_stream
from botexchange.relay.outlet import Outlet
from botexchange.relay.rules import Rules
from botexchange.streams.connection import Connection
from botexchange.streams.hub import MarketHub
from botexchange.upstream.channels import Channel, PlainChannel, StateChannel, Tools
from botexchange.upstream.depths import DepthChannel
from botexchange.upstream.klines import KlineChannel
from botexchange.upstream.messages import Frame
from botexchange.upstream.tape import AGGREGATES, TRADES
from botexchange.upstream.tapes import TapeChannel

__all__ = ["RelayFeed"]

_log = structlog.get_logger(__name__)
LINGER_SECONDS: Final = 10.0
HOLD_SECONDS: Final = 600.0
LOOK_SECONDS: Final = 0.05
TELL_SECONDS: Final = 1.0
MOST_SERIES: Final = 200  # with a thousand candles each: about 100 MB


class RelayFeed:
    """One upstream stream for all who listen to it, until some seconds after the last one left."""

    def __init__(self, tools: Tools, hub: MarketHub, outlet: Outlet, rules: Rules) -> None:
        """Feed this hub; `outlet` is the tools' sink."""
        self._tools = tools
        self._outlet = outlet
        self._hub = hub
        self._rules = rules
        self._channels: dict[str, Channel] = {}
        self._until: dict[str, float] = {}
        self._told_at = self._retried_at = 0.0
        self._was_live = False
        self.has_been_live = False
        """Upstream was live at least once."""

    @property
    def is_live(self) -> bool:
        """Tell whether everything that is wanted flows from a live upstream."""
        return self._tools.streams.is_live()

    def deliver(self, frame: Frame) -> None:
        """Take a frame from upstream."""
        channel = self._channels.get(frame.stream)
        if channel is not None:
            channel.take(frame)

    def resumed(self, streams: list[str]) -> None:
        """Hear that streams flow again after a loss."""
        _log.info("upstream_resumed", streams=len(streams))
        for stream in streams:
            channel = self._channels.get(stream)
            if channel is not None:
                channel.resumed()

    def changed(self, stream: str, is_wanted: bool) -> None:  # noqa: FBT001 the hub's hook
        """Hear that a stream has its first listener, or none any more."""
        self._until[stream] = self._tools.clock.boottime() + LINGER_SECONDS
        if is_wanted:
            self._open(stream)

    def joined(self, connection: Connection, stream: str) -> None:
        """Give a new listener what it can't wait for; told whether upstream is lost."""
        channel = self._open(stream)
        for frame in channel.greeting() if channel is not None else []:
            self._outlet.send(connection, frame)

    def klines(self, symbol: str, interval: str) -> KlineChannel | None:
        """Keep the candles of a symbol at hand for some minutes; None if there are too many."""
        known = self._channels.get(f"{symbol.lower()}@kline_{interval}")
        if not isinstance(known, KlineChannel) or not known.is_kept:
            kept = (one for one in self._channels.values() if isinstance(one, KlineChannel))
            if sum(one.is_kept for one in kept) >= MOST_SERIES:
                return None
        channel = self._hold(f"{symbol.lower()}@kline_{interval}")
        if not isinstance(channel, KlineChannel):
            return None
        channel.is_kept = True
        return channel

    def depth(self, symbol: str) -> DepthChannel | None:
        """Keep the book of a symbol at hand for some minutes."""
        channel = self._hold(f"{symbol.lower()}@depth@100ms")
        return channel if isinstance(channel, DepthChannel) else None

    async def run(self) -> None:
        """Tell of a lost upstream, let go of what nobody wants; until cancelled."""
        while True:
            self._tell()
            self._sweep()
            self._retry()
            await asyncio.sleep(LOOK_SECONDS)

    def _hold(self, stream: str) -> Channel | None:
        self._until[stream] = self._tools.clock.boottime() + HOLD_SECONDS
        return self._open(stream)

    def _open(self, stream: str) -> Channel | None:
        channel = self._channels.get(stream)
        if channel is None:
            name = parse_stream(stream, self._rules.symbols.keys())
            if name is None or not self._tools.streams.want(stream):
                self._until.pop(stream, None)
                return None
            channel = self._channels[stream] = self._make(stream, name)
        return channel

    def _make(self, stream: str, name: StreamName) -> Channel:
        match name.kind:
            case StreamKind.KLINE:
                return KlineChannel(stream, name.symbol, name.interval, self._tools)
            case StreamKind.TRADE:
                return TapeChannel(stream, name.symbol, TRADES, self._tools)
            case StreamKind.AGGREGATE:
                return TapeChannel(stream, name.symbol, AGGREGATES, self._tools)
            case StreamKind.DEPTH:
                return DepthChannel(stream, name.symbol, self._tools)
            case StreamKind.STATE:
                return StateChannel(sink=self._outlet)
            case StreamKind.PLAIN:
                return PlainChannel(sink=self._outlet)

    def _tell(self) -> None:
        """Say at once that upstream is lost or back, and again every second while it is lost."""
        is_live, now = self.is_live, self._tools.clock.boottime()
        self.has_been_live = self.has_been_live or is_live
        if is_live and self._was_live:
            return
        if is_live != self._was_live or now - self._told_at >= TELL_SECONDS:
            self._outlet.tell_status(is_live=is_live)
            self._was_live, self._told_at = is_live, now

    def _retry(self) -> None:
        """Begin what could not begin when it was asked for: the symbol was new, or there was no room."""
        now = self._tools.clock.boottime()
        if now - self._retried_at >= TELL_SECONDS:
            self._retried_at = now
            for stream in self._hub.streams():
                self._open(stream)

    def _sweep(self) -> None:
        now = self._tools.clock.boottime()
        over = [name for name, until in self._until.items() if until < now]
        wanted = set(self._hub.streams()) if over else set()
        for stream in over:
            del self._until[stream]
            if stream not in wanted:
                self._channels.pop(stream, None)
                self._tools.streams.drop(stream)
