"""The market streams somebody listens to, sorted by when they are due."""

import contextlib

from botcore.domain.errors import PlatformError
from botexchange.streams.frames import MarketFrames
from botexchange.streams.frames_topics import Topic, TopicKind, parse_topic
from botexchange.streams.hub import MarketHub

__all__ = ["WantedStreams"]

_TAPES = frozenset({TopicKind.TRADE, TopicKind.AGG_TRADE})
_LOADED = frozenset({TopicKind.KLINE, TopicKind.MINI_TICKER, TopicKind.TICKER, TopicKind.WINDOW})


class WantedStreams:
    """Follows the hub: a stream is here from its first listener to its last."""

    def __init__(self, hub: MarketHub, frames: MarketFrames, *, is_loading: bool = False) -> None:
        """Watch this hub.

        With `is_loading` tickers begin when `load` has fetched what they need.
        """
        self._frames = frames
        self._is_loading = is_loading
        self._topics: dict[str, Topic] = {}
        self._fresh: dict[str, Topic] = {}
        self.klines: list[Topic] = []
        self.trades: list[Topic] = []
        self.states: dict[int, list[Topic]] = {}
        """Streams of a present state by the real ms between two frames."""
        hub.on_change = self._changed

    @property
    def has_seconds(self) -> bool:
        """Tell whether somebody wants candles of a second."""
        return any(topic.interval == "1s" for topic in self.klines)

    @property
    def has_fresh(self) -> bool:
        """Tell whether `load` has something to do."""
        return bool(self._fresh)

    async def load(self) -> None:
        """Let the source fetch what new streams need; one it can't fetch shows what there is."""
        while self._fresh:
            stream = next(iter(self._fresh))
            with contextlib.suppress(PlatformError):
                await self._frames.load(self._fresh[stream])
            self._fresh.pop(stream, None)
            self._sort()

    def _changed(self, stream: str, is_wanted: bool) -> None:  # noqa: FBT001 the hub's callback
        topic = parse_topic(stream)
        if topic is None or not self._frames.exists(topic):
            return
        if is_wanted:
            self._topics[stream] = topic
            if self._is_loading and topic.kind in _LOADED:
                self._fresh[stream] = topic
            self._frames.follow(topic)
        elif self._topics.pop(stream, None):
            self._fresh.pop(stream, None)
            self._frames.unfollow(topic)
        self._sort()

    def _sort(self) -> None:
        everything = list(self._topics.values())
        self.klines = [one for one in everything if one.kind is TopicKind.KLINE]
        self.trades = [one for one in everything if one.kind in _TAPES]
        self.states = {}
        for one in everything:
            is_late = one.stream in self._fresh and one.kind is not TopicKind.KLINE
            if one.kind not in _TAPES and not is_late:
                self.states.setdefault(one.every_ms, []).append(one)
