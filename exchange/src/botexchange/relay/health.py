"""What the relay tells Kubernetes."""

from aiohttp import web

from botexchange.relay.feed import RelayFeed
from botexchange.relay.rules import Rules
from botexchange.upstream.channels import Tools

__all__ = ["Health"]


class Health:
    """The admin port: /healthz says that the process lives, /readyz that upstream does, too."""

    def __init__(self, tools: Tools, feed: RelayFeed, rules: Rules, stale_seconds: int) -> None:
        """Be ready until upstream has been silent for so long."""
        self._tools = tools
        self._feed = feed
        self._rules = rules
        self._stale_ms = stale_seconds * 1_000

    def routes(self) -> list[web.RouteDef]:
        """List what the admin port serves."""
        return [web.get("/healthz", self._healthz), web.get("/readyz", self._readyz)]

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response(self._state())

    async def _readyz(self, _request: web.Request) -> web.Response:
        """503 before anything has come and once nothing new comes: another replica may serve better."""
        streams = self._tools.streams
        is_heard = streams.is_live() or streams.silent_ms() < self._stale_ms
        is_ready = self._feed.has_been_live and is_heard and bool(self._rules.symbols)
        return web.json_response(self._state(), status=200 if is_ready else 503)

    def _state(self) -> dict[str, object]:
        streams = self._tools.streams
        return {
            "upstream": "live" if streams.is_live() else "stale",
            "age": streams.silent_ms(),
            "streams": streams.count(),
            "usedWeight": self._tools.rest.used_weight(),
            "symbols": len(self._rules.symbols),
        }
