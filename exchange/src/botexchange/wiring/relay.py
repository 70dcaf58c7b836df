"""The relay role: one upstream, many listeners, no state that outlives the process."""

import asyncio

import aiohttp
import structlog
from aiohttp import web

from botcore.runtime.clock import SystemClock
from botexchange.limits import WeightCounter
from botexchange.quotas import Quotas
from botexchange.relay.answers import Answers
from botexchange.relay.feed import RelayFeed
from botexchange.relay.health import Health
from botexchange.relay.outlet import Outlet
from botexchange.relay.rest import RelayRest
from botexchange.relay.rules import Rules
from botexchange.relay.shared import SharedAnswers
from botexchange.settings import RelaySettings
from botexchange.streams.hub import MarketHub
from botexchange.streams.server import MarketStreams
from botexchange.upstream.channels import Tasks, Tools
from botexchange.upstream.rest import UpstreamRest
from botexchange.upstream.streams import UpstreamStreams
from botexchange.upstream.venue_time import VenueTime
from botexchange.wiring.serving import Listener, Program, guarded, serve

__all__ = ["run_relay"]

_log = structlog.get_logger(__name__)
_CLOCK = SystemClock()
ASKED_WEIGHT = 1_200  # what one address may make upstream do per minute
MOST_AGE_SECONDS = 60.0


async def run_relay(settings: RelaySettings) -> int:
    """Serve until told to stop; 1 if an invariant broke or an error of our own ended a task.

    Raises:
        InvalidInput: a port is taken.
    """
    async with aiohttp.ClientSession(trust_env=True) as session:
        return await _Relay(settings, session).run()


class _Relay:
    """The parts of one relay."""

    def __init__(self, settings: RelaySettings, session: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._failed = asyncio.Event()
        hosts = settings.hosts()
        self._hub = MarketHub()
        rest = UpstreamRest(session, hosts.rest, _CLOCK)
        self._streams = UpstreamStreams(
            session,
            hosts.stream,
            _CLOCK,
            settings.stale_seconds,
            self._fail,
            life_seconds=settings.renew_seconds,
        )
        outlet = Outlet(self._hub, self._streams, _CLOCK)
        self._tools = Tools(
            rest=rest,
            streams=self._streams,
            sink=outlet,
            time=VenueTime(rest, _CLOCK),
            clock=_CLOCK,
            tasks=Tasks(self._fail),
        )
        self._rules = Rules(rest, _CLOCK)
        self._feed = RelayFeed(self._tools, self._hub, outlet, self._rules)
        self._hub.on_change, self._hub.on_join = self._feed.changed, self._feed.joined

    async def run(self) -> int:
        """Serve until told to stop."""
        self._streams.start(self._feed)
        program = self._program()
        try:
            return await serve(program, role="relay", upstream=self._settings.hosts().rest)
        finally:
            await self._tools.tasks.close()
            await self._streams.close()

    def _program(self) -> Program:
        settings, broken = self._settings, asyncio.Event()
        weights = WeightCounter(_CLOCK.epoch_ms, Quotas(request_weight=ASKED_WEIGHT))
        shared = SharedAnswers(_CLOCK, MOST_AGE_SECONDS)
        answers = Answers(self._tools, self._feed, self._rules, weights, shared)
        streams = MarketStreams(hub=self._hub)
        rest = RelayRest(answers=answers, tools=self._tools)
        public, routes = web.Application(), [*streams.routes(), *rest.routes()]
        public.add_routes(guarded(routes, broken))
        admin = web.Application()
        admin.add_routes(
            Health(self._tools, self._feed, self._rules, settings.stale_seconds).routes()
        )
        return Program(
            public=Listener(public, settings.host, settings.port, "--port"),
            admin=Listener(admin, settings.admin_host, settings.admin_port, "--admin-port"),
            work=self._work,
            farewell=lambda: streams.shut_down(_CLOCK.epoch_ms()),
            broken=broken,
        )

    async def _work(self) -> None:
        """Run what runs for ever; ends only if a part of it fails."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(work)
                for work in (self._feed.run(), self._rules.run(), self._tools.time.run())
            ]
            await self._failed.wait()
            for task in tasks:
                task.cancel()

    def _fail(self, error: BaseException) -> None:
        _log.error("relay_failed", exc_info=error)
        self._failed.set()
