"""The control port; never reachable by those who trade here."""

import re
from dataclasses import dataclass
from typing import Final

import structlog
from aiohttp import web

from botcore.domain.errors import InvalidInput, NotFound
from botcore.matching.numbers import to_units
from botexchange.admin.accounts import AccountsAdmin
from botexchange.admin.bodies import Body, answering, read_body, units, whole
from botexchange.admin.faults import FaultsAdmin
from botexchange.api.payloads import order_info, trade_info
from botexchange.market.source import Push
from botexchange.streams.server import MarketStreams
from botexchange.upstream.live import LiveSource
from botexchange.venue import Venue
from botexchange.wsapi.server import WsApi

__all__ = ["AdminApi"]

_log = structlog.get_logger(__name__)
_PERCENT: Final = re.compile(r"^-?[0-9]{1,3}(\.[0-9]{1,4})?$")
PPM: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminApi:
    """Opens accounts, makes faults, moves markets, tells the truth."""

    venue: Venue
    ws_api: WsApi
    streams: MarketStreams

    def routes(self) -> list[web.RouteDef]:
        """List what the control port serves."""
        door = self.ws_api.door
        accounts = AccountsAdmin(venue=self.venue, ws_api=self.ws_api)
        faults = FaultsAdmin(
            venue=self.venue, faults=door.faults, ws_api=self.ws_api, streams=self.streams
        )
        return [
            web.get("/healthz", answering(self._health)),
            web.get("/admin/v1/status", answering(self._status)),
            web.get("/admin/v1/orders", answering(self._orders)),
            web.post("/admin/v1/shock", answering(self._shock)),
            web.post("/admin/v1/trades", answering(self._push)),
            web.delete("/admin/v1/limits", answering(self._reset_limits)),
            *accounts.routes(),
            *faults.routes(),
        ]

    async def _health(self, _request: web.Request) -> Body:
        source = self.venue.source
        upstream = {"upstream": source.health()} if isinstance(source, LiveSource) else {}
        return {
            "status": "ok",
            "time": self.venue.now_ms(),
            "market": self.venue.position_ms,
            **upstream,
        }

    async def _status(self, _request: web.Request) -> Body:
        engine = self.venue.engine
        return {
            "time": self.venue.now_ms(),
            "market": self.venue.position_ms,
            "speed": self.venue.clock.speed,
            "accounts": len(engine.accounts),
            "openOrders": sum(len(engine.open_orders(uid)) for uid in engine.accounts),
            "streamConnections": len(self.streams.hub.connections()),
            "streams": len(self.streams.hub.streams()),
            "wsApiConnections": len(self.ws_api.sessions),
            "userDataStreams": self.venue.users.count(),
            "symbols": {name: market.status for name, market in engine.markets.items()},
        }

    async def _orders(self, request: web.Request) -> Body:
        name = request.query.get("name", "")
        owner = await self.venue.store.owner(name)
        if owner is None:
            raise NotFound(f"no account {name}")
        await self.venue.durable()
        orders, trades = await self.venue.store.everything(owner.uid)
        return {
            "uid": owner.uid,
            "orders": [order_info(order) for order in orders],
            "trades": [trade_info(trade) for trade in trades],
        }

    async def _shock(self, request: web.Request) -> Body:
        body = await read_body(request)
        symbol = self.venue.engine.market(str(body.get("symbol"))).instrument.symbol
        percent = str(body.get("percent"))
        if not _PERCENT.fullmatch(percent):
            raise InvalidInput.of("percent", "must be a decimal such as -5 or 2.5")
        factor = PPM + (-1 if percent.startswith("-") else 1) * (
            to_units(percent.removeprefix("-")) // 10_000
        )
        if factor < PPM // 100:
            raise InvalidInput.of("percent", "must be above -99")
        await self.venue.shock(symbol, factor)
        _log.info("market_shocked", symbol=symbol, percent=percent)
        return {"symbol": symbol, "factor": str(factor)}

    async def _push(self, request: web.Request) -> Body:
        """Make a scripted market trade; `bids` and `asks` are lists of [price, quantity]."""
        body = await read_body(request)
        symbol = self.venue.engine.market(str(body.get("symbol"))).instrument.symbol
        push = Push(
            symbol=symbol,
            time_ms=whole(body, "time", self.venue.now_ms(), 1 << 53),
            price=units(body.get("price"), "price"),
            quantity=units(body.get("quantity"), "quantity"),
            bids=_levels(body, "bids"),
            asks=_levels(body, "asks"),
        )
        self.venue.source.push(push)
        return {"symbol": symbol, "time": push.time_ms}

    async def _reset_limits(self, _request: web.Request) -> Body:
        self.ws_api.door.weights.reset()
        self.ws_api.door.orders.reset()
        return {}


def _levels(body: Body, name: str) -> tuple[tuple[int, int], ...] | None:
    given = body.get(name)
    if given is None:
        return None
    if not isinstance(given, list) or not all(
        isinstance(level, list) and len(level) == 2 for level in given
    ):
        raise InvalidInput.of(name, "must be a list of [price, quantity]")
    return tuple((units(price, name), units(quantity, name)) for price, quantity in given)
