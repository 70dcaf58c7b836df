"""The control port; never reachable by those who trade here."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Final

import structlog
from aiohttp import web

from botcore.domain.errors import InvalidInput, NotAllowed, NotFound
from botexchange.api.payloads import Json, order_info, trade_info
from botexchange.auth import is_ed25519
from botexchange.faults import Fault, FaultBoard, FaultKind
from botexchange.matching.numbers import plain, to_units
from botexchange.matching.quotes import SymbolMarket
from botexchange.matching.refusals import VenueError
from botexchange.ports import Owner
from botexchange.venue import Venue
from botexchange.wsapi.server import WsApi

__all__ = ["AdminApi"]

_log = structlog.get_logger(__name__)
_ASSET: Final = re.compile(r"^[A-Z0-9]{1,12}$")
_AMOUNT: Final = re.compile(r"^[0-9]{1,10}(\.[0-9]{1,8})?$")
_PERCENT: Final = re.compile(r"^-?[0-9]{1,3}(\.[0-9]{1,4})?$")
MOST_UNITS: Final = 50_000_000_000 * 100_000_000  # leaves room for profits in 64 bits
PPM: Final = 1_000_000
Handler = Callable[[web.Request], Awaitable[Json]]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminApi:
    """Opens accounts, makes faults, moves markets, tells the truth."""

    venue: Venue
    faults: FaultBoard
    ws_api: WsApi

    def routes(self) -> list[web.RouteDef]:
        """List what the control port serves."""
        return [
            web.get("/healthz", _answer(self._health)),
            web.post("/admin/v1/accounts", _answer(self._open_account)),
            web.get("/admin/v1/accounts/{name:.+}", _answer(self._show_account)),
            web.post("/admin/v1/accounts/{name:.+}/reset", _answer(self._reset_account)),
            web.get("/admin/v1/orders", _answer(self._orders)),
            web.get("/admin/v1/faults", _answer(self._show_faults)),
            web.post("/admin/v1/faults", _answer(self._add_fault)),
            web.delete("/admin/v1/faults", _answer(self._clear_faults)),
            web.post("/admin/v1/shock", _answer(self._shock)),
        ]

    async def _health(self, _request: web.Request) -> Json:
        return {"status": "ok", "time": self.venue.now_ms(), "market": self.venue.position_ms}

    async def _open_account(self, request: web.Request) -> Json:
        body = await _body(request)
        name = body.get("name")
        if not isinstance(name, str) or not 0 < len(name) <= 253:
            raise InvalidInput.of("name", "must be a text of 1 to 253 characters")
        public_key = body.get("publicKey")
        if public_key is not None and not (isinstance(public_key, str) and is_ed25519(public_key)):
            raise InvalidInput.of("publicKey", "must be the PEM of an Ed25519 public key")
        balances = _balances(body.get("balances"))
        owner, is_new = await self.venue.open_account(name, balances, public_key)
        if is_new:
            _log.info("account_opened", account=name, uid=owner.uid)
        return {
            "uid": owner.uid,
            "apiKey": owner.api_key.key,
            "apiSecret": None if public_key else owner.api_key.secret,
            "created": is_new,
        }

    async def _show_account(self, request: web.Request) -> Json:
        owner = await self._owner(request.match_info["name"])
        return await self._account(owner)

    async def _reset_account(self, request: web.Request) -> Json:
        owner = await self._owner(request.match_info["name"])
        body = await _body(request) if request.can_read_body else {}
        balances = _balances(body["balances"]) if "balances" in body else owner.initial
        self.venue.set_balances(owner.uid, balances)
        await self.venue.durable()
        return await self._account(owner)

    async def _orders(self, request: web.Request) -> Json:
        owner = await self._owner(request.query.get("name", ""))
        await self.venue.durable()
        orders, trades = await self.venue.store.everything(owner.uid)
        return {
            "uid": owner.uid,
            "orders": [order_info(order) for order in orders],
            "trades": [trade_info(trade) for trade in trades],
        }

    async def _show_faults(self, _request: web.Request) -> Json:
        halted = [
            symbol for symbol, market in self.venue.engine.markets.items() if market.is_halted
        ]
        return {"faults": [asdict(fault) for fault in self.faults.faults], "halted": halted}

    async def _add_fault(self, request: web.Request) -> Json:
        body = await _body(request)
        if body.get("kind") == "dropWsApi":
            return {"dropped": self.ws_api.drop_all()}
        if body.get("kind") == "haltSymbol":
            self._market(body).is_halted = True
            return {"halted": body["symbol"]}
        fault = _fault(body)
        self.faults.faults.append(fault)
        return asdict(fault)

    async def _clear_faults(self, _request: web.Request) -> Json:
        self.faults.faults.clear()
        for market in self.venue.engine.markets.values():
            market.is_halted = False
        return {}

    async def _shock(self, request: web.Request) -> Json:
        body = await _body(request)
        market = self._market(body)
        percent = str(body.get("percent"))
        if not _PERCENT.match(percent):
            raise InvalidInput.of("percent", "must be a decimal such as -5 or 2.5")
        factor = PPM + (-1 if percent.startswith("-") else 1) * (
            to_units(percent.removeprefix("-")) // 10_000
        )
        if factor < PPM // 100:
            raise InvalidInput.of("percent", "must be above -99")
        await self.venue.shock(market.instrument.symbol, factor)
        _log.info("market_shocked", symbol=market.instrument.symbol, percent=percent)
        return {"symbol": market.instrument.symbol, "factor": str(factor)}

    async def _owner(self, name: str) -> Owner:
        owner = await self.venue.store.owner(name)
        if owner is None:
            raise NotFound(f"no account {name}")
        return owner

    def _market(self, body: Json) -> SymbolMarket:
        return self.venue.engine.market(str(body.get("symbol")))

    async def _account(self, owner: Owner) -> Json:
        account = self.venue.engine.accounts[owner.uid]
        return {
            "name": account.name,
            "uid": owner.uid,
            "balances": {
                asset: {
                    "free": plain(account.free.get(asset, 0)),
                    "locked": plain(account.locked.get(asset, 0)),
                }
                for asset in account.assets()
            },
            "openOrders": len(self.venue.engine.open_orders(owner.uid)),
            "fills": await self.venue.store.count_trades(owner.uid),
        }


def _answer(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Turn a handler's errors into answers."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await handler(request))
        except (InvalidInput, NotAllowed, VenueError, UnicodeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        except NotFound as error:
            return web.json_response({"error": str(error)}, status=404)

    return answer


async def _body(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise InvalidInput.of("body", "must be a JSON object")
    return body


def _balances(given: object) -> dict[str, int]:
    if not isinstance(given, dict) or not given:
        raise InvalidInput.of("balances", 'must be an object such as {"USDT": "10000"}')
    balances = {}
    for asset, amount in given.items():
        if not _ASSET.match(asset) or not isinstance(amount, str) or not _AMOUNT.match(amount):
            raise InvalidInput.of(f"balances.{asset}", "must be a plain decimal string")
        balances[asset] = to_units(amount)
        if balances[asset] > MOST_UNITS:
            raise InvalidInput.of(f"balances.{asset}", "must be at most 50000000000")
    return balances


def _fault(body: Json) -> Fault:
    try:
        return Fault(
            kind=FaultKind(str(body.get("kind"))),
            path=str(body.get("path", "/api/v3/order")),
            method=str(body.get("method", "")),
            count=int(str(body.get("count", 1))),
            milliseconds=int(str(body.get("ms", 0))),
        )
    except ValueError as error:
        raise InvalidInput.of("fault", str(error)) from None
