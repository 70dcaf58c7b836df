"""The protocols around a venue: REST, WebSocket API, streams, control port."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from botexchange.admin.app import AdminApi
from botexchange.door import Door
from botexchange.faults import FaultBoard
from botexchange.limits import OrderCounter, WeightCounter
from botexchange.lockstep.gate import Gate
from botexchange.rest.app import MOST_BODY, RestApi
from botexchange.settings import PaperSettings
from botexchange.streams.channel import Timing
from botexchange.streams.hub import HOLD_SECONDS, MarketHub
from botexchange.streams.server import MarketStreams
from botexchange.venue import Venue
from botexchange.wiring.serving import guarded
from botexchange.wsapi.server import WsApi

__all__ = ["Shells", "wire_shells"]

PONGS = 3  # pings that may wait for their pong


@dataclass(frozen=True, slots=True, kw_only=True)
class Shells:
    """What serves a venue to the world."""

    hub: MarketHub
    streams: MarketStreams
    ws_api: WsApi
    rest: RestApi
    broken: asyncio.Event

    def public(self) -> web.Application:
        """Make the application of the public port, but for the paths that REST catches."""
        application = web.Application(client_max_size=MOST_BODY)
        sockets = [web.get("/ws-api/v3", self.ws_api.handle), *self.streams.routes()]
        application.add_routes(guarded(sockets, self.broken))
        return application

    def admin(self) -> web.Application:
        """Make the application of the control port."""
        application = web.Application()
        api = AdminApi(venue=self.ws_api.door.venue, ws_api=self.ws_api, streams=self.streams)
        application.add_routes(guarded(api.routes(), self.broken))
        return application

    def farewell(self) -> None:
        """Announce that the process stops (serverShutdown)."""
        now_ms = self.ws_api.door.venue.now_ms()
        self.streams.shut_down(now_ms)
        self.ws_api.shut_down(now_ms)


def wire_shells(
    settings: PaperSettings, venue: Venue, gate: Gate | None, limit_ms: Callable[[], int]
) -> Shells:
    """Put the protocols of a venue together; limits count by the clock `limit_ms`."""
    faults, quotas = FaultBoard(), venue.quotas
    # A lockstep replay waits for what its participants answer, so nothing may be held back.
    hub = MarketHub(hold_seconds=0.0 if gate else HOLD_SECONDS, faults=faults)
    weights, orders = WeightCounter(limit_ms, quotas), OrderCounter(limit_ms, quotas)
    venue.watch = orders.settle
    door = Door(venue=venue, weights=weights, orders=orders, faults=faults, gate=gate)
    timing = Timing(
        ping_seconds=settings.ping_seconds,
        pong_seconds=PONGS * settings.ping_seconds,
        session_seconds=settings.session_seconds,
    )
    return Shells(
        hub=hub,
        streams=MarketStreams(hub=hub, gate=gate, weights=weights, quotas=quotas, timing=timing),
        ws_api=WsApi(door=door, timing=timing),
        rest=RestApi(door=door),
        broken=asyncio.Event(),
    )
