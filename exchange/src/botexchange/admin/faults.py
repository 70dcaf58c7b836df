"""The fault switches."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Final

import structlog
from aiohttp import web

from botcore.domain.errors import InvalidInput
from botcore.matching.quotes import SymbolMarket, SymbolStatus
from botexchange.admin.bodies import Body, answering, read_body, text, whole
from botexchange.faults import FRAME_FAULTS, Fault, FaultBoard, FaultKind
from botexchange.streams.server import MarketStreams
from botexchange.venue import Venue
from botexchange.wsapi.server import WsApi

__all__ = ["FaultsAdmin"]

_log = structlog.get_logger(__name__)
LONGEST_MS: Final = 3_600_000
MOST_COUNT: Final = 1_000_000
MOST_SKEW_MS: Final = 86_400_000
DAY_SECONDS: Final = 86_400
Action = Callable[[Body], Body]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultsAdmin:
    """Switches faults on and off; each acts at once, counts down, or stays until it is cleared."""

    venue: Venue
    faults: FaultBoard
    ws_api: WsApi
    streams: MarketStreams
    storms: set[asyncio.Task[None]] = field(default_factory=set)

    def routes(self) -> list[web.RouteDef]:
        """List what this part of the control port serves."""
        return [
            web.get("/admin/v1/faults", answering(self._show)),
            web.post("/admin/v1/faults", answering(self._add)),
            web.delete("/admin/v1/faults", answering(self._clear)),
        ]

    async def _show(self, _request: web.Request) -> Body:
        markets = self.venue.engine.markets
        trading = SymbolStatus.TRADING
        return {
            "faults": [asdict(fault) for fault in self.faults.faults],
            "halted": [name for name, one in markets.items() if one.status is not trading],
            "statuses": {name: one.status for name, one in markets.items()},
            "thin": {name: one.thinness for name, one in markets.items() if one.thinness > 1},
            "clockSkewMs": self.venue.skew_ms,
            "storms": len(self.storms),
        }

    async def _add(self, request: web.Request) -> Body:
        body = await read_body(request)
        kind = text(body, "kind", 32)
        actions: dict[str, Action] = {
            "drop": self._drop,
            "dropWsApi": lambda _body: {"dropped": self.ws_api.drop_all()},
            "haltSymbol": self._halt,
            "thinBook": self._thin,
            "clockSkew": self._skew,
            "reconnectStorm": self._storm,
            "serverShutdown": self._shut_down,
        }
        done = actions.get(kind, self._board)(body)
        _log.info("fault_switched_on", kind=kind)
        return done

    async def _clear(self, _request: web.Request) -> Body:
        self.faults.faults.clear()
        self.venue.skew_ms = 0
        for market in self.venue.engine.markets.values():
            market.status = SymbolStatus.TRADING
            market.thinness = 1
        for storm in self.storms:
            storm.cancel()
        return {}

    def _board(self, body: Body) -> Body:
        """Switch on a fault of requests or frames."""
        try:
            kind = FaultKind(str(body["kind"]))
        except ValueError:
            raise InvalidInput.of("kind", "is no fault of this exchange") from None
        path = "@depth" if kind in FRAME_FAULTS else "/api/v3/order"
        seconds = whole(body, "retryAfter", 1, 3 * DAY_SECONDS)
        fault = Fault(
            kind=kind,
            path=text(body, "path") if "path" in body else path,
            method=str(body.get("method", "")),
            count=whole(body, "count", 1, MOST_COUNT),
            milliseconds=whole(body, "ms", 0, LONGEST_MS),
            retry_seconds=max(seconds, 1),
        )
        self.faults.faults.append(fault)
        return asdict(fault)

    def _drop(self, body: Body) -> Body:
        target = body.get("target", "both")
        if target not in {"wsApi", "streams", "both"}:
            raise InvalidInput.of("target", "must be wsApi, streams or both")
        dropped = self.ws_api.drop_all() if target != "streams" else 0
        return {"dropped": dropped + (self.streams.drop_all() if target != "wsApi" else 0)}

    def _halt(self, body: Body) -> Body:
        market = self._market(body)
        try:
            market.status = SymbolStatus(str(body.get("status", SymbolStatus.HALT)))
        except ValueError:
            raise InvalidInput.of("status", f"must be one of {' '.join(SymbolStatus)}") from None
        return {"halted": market.instrument.symbol, "status": market.status}

    def _thin(self, body: Body) -> Body:
        market = self._market(body)
        market.thinness = max(whole(body, "factor", 10, MOST_COUNT), 1)
        return {"symbol": market.instrument.symbol, "factor": market.thinness}

    def _skew(self, body: Body) -> Body:
        skew = body.get("ms")
        is_whole = isinstance(skew, int) and not isinstance(skew, bool)
        if not is_whole or abs(int(str(skew))) > MOST_SKEW_MS:
            raise InvalidInput.of("ms", f"must be a whole number of at most {MOST_SKEW_MS}")
        self.venue.skew_ms = int(str(skew))
        return {"clockSkewMs": self.venue.skew_ms}

    def _storm(self, body: Body) -> Body:
        """Drop every connection each `ms` milliseconds, `count` times."""
        pause, times = whole(body, "ms", 500, LONGEST_MS), whole(body, "count", 10, MOST_COUNT)
        task = asyncio.create_task(self._drop_again(max(pause, 1) / 1_000, times))
        self.storms.add(task)
        task.add_done_callback(self.storms.discard)
        return {"ms": pause, "count": times}

    async def _drop_again(self, pause: float, times: int) -> None:
        for _ in range(times):
            self.ws_api.drop_all()
            self.streams.drop_all()
            await asyncio.sleep(pause)

    def _shut_down(self, body: Body) -> Body:
        """Announce a shutdown, and drop every connection `ms` later unless that is 0."""
        pause = whole(body, "ms", 0, LONGEST_MS)
        self.ws_api.shut_down(self.venue.now_ms())
        self.streams.shut_down(self.venue.now_ms())
        if pause:
            asyncio.get_running_loop().call_later(pause / 1_000, self._drop, {})
        return {"announced": len(self.ws_api.sessions) + len(self.streams.hub.connections())}

    def _market(self, body: Body) -> SymbolMarket:
        return self.venue.engine.market(str(body.get("symbol")))
