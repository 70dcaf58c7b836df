"""The HTTP face of the API: limits, keys, signatures, errors, faults."""

import asyncio
import contextlib
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from aiohttp import web

from botexchange.api.call import Call, Endpoint
from botexchange.api.params import Params, missing, parse_form
from botexchange.api.table import RETIRED, ROUTES
from botexchange.auth import check_signature, check_time, find_key, rest_payload
from botexchange.faults import Fault, FaultBoard, FaultKind
from botexchange.limits import LimitError, OrderCounter, WeightCounter
from botexchange.lockstep.gate import Gate
from botexchange.matching.refusals import VenueError
from botexchange.ports import ApiKey
from botexchange.venue import Venue

__all__ = ["RestApi"]

_log = structlog.get_logger(__name__)
_LOST = VenueError(
    -1007,
    "Timeout waiting for response from backend server. Send status unknown; execution status"
    " unknown.",
    status=HTTPStatus.GATEWAY_TIMEOUT,
)
_OVERLOADED = VenueError(-1008, "Server is currently overloaded with other requests.", status=503)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestApi:
    """Answers every path of the public port that is not a WebSocket."""

    venue: Venue
    weights: WeightCounter
    orders: OrderCounter
    faults: FaultBoard
    gate: Gate | None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; whatever is wrong with it becomes Binance's error."""
        fault = self.faults.take(request.method, request.path)
        if fault is not None and fault.kind is FaultKind.DELAY:
            await asyncio.sleep(fault.milliseconds / 1_000)
        if fault is not None and fault.kind is FaultKind.ERROR_5XX:
            return self._refuse(request, _OVERLOADED)
        try:
            body = (await request.read()).decode()
            response = await self._answer(request, body)
        except VenueError as error:
            response = self._refuse(request, error)
        except UnicodeError:
            response = self._refuse(request, VenueError(-1100, "Illegal characters found."))
        return self._spoil(request, response, fault)

    async def _answer(self, request: web.Request, body: str) -> web.Response:
        address = request.remote or ""
        self.weights.check(address)
        endpoint = _route(request)
        query = request.raw_path.partition("?")[2]
        try:
            params = Params(parse_form(query, body))
            weight = endpoint.weight(params)
            uid = self._sender(request, params, rest_payload(query, body), endpoint)
            call = Call(venue=self.venue, params=params, uid=uid)
            with self._hold(uid):
                return await self._perform(request, endpoint, call, weight)
        except LimitError:
            raise
        except VenueError:
            self.weights.add(address, 1)
            raise

    async def _perform(
        self, request: web.Request, endpoint: Endpoint, call: Call, weight: int
    ) -> web.Response:
        if endpoint.places_orders:
            self.orders.check(call.uid, endpoint.places_orders)
        answer = await endpoint.perform(call)
        used = self.weights.add(request.remote or "", 0 if endpoint.is_free_on_success else weight)
        headers = {"X-MBX-USED-WEIGHT-1M": str(used)}
        if endpoint.places_orders:
            short, long = self.orders.add(call.uid, endpoint.places_orders)
            headers["X-MBX-ORDER-COUNT-10S"] = str(short)
            headers["X-MBX-ORDER-COUNT-1D"] = str(long)
        return web.json_response(answer, headers=headers)

    def _sender(
        self, request: web.Request, params: Params, payload: str, endpoint: Endpoint
    ) -> int:
        if not endpoint.is_signed:
            return 0
        key: ApiKey = find_key(self.venue.keys, request.headers.get("X-MBX-APIKEY"))
        timestamp = params.integer("timestamp")
        if timestamp is None:
            raise missing("timestamp")
        signature = params.required("signature")
        check_time(timestamp, params.window(), self.venue.now_ms())
        check_signature(key, payload, signature)
        return key.uid

    def _hold(self, uid: int) -> contextlib.AbstractContextManager[None]:
        if self.gate is None or not uid:
            return contextlib.nullcontext()
        return self.gate.handling(uid)

    def _refuse(self, request: web.Request, error: VenueError) -> web.Response:
        used = self.weights.add(request.remote or "", 0)
        headers = {"X-MBX-USED-WEIGHT-1M": str(used)}
        if isinstance(error, LimitError):
            headers["Retry-After"] = str(error.retry_seconds)
        return web.json_response(
            {"code": error.code, "msg": error.message}, status=error.status, headers=headers
        )

    def _spoil(
        self, request: web.Request, response: web.Response, fault: Fault | None
    ) -> web.Response:
        if fault is None:
            return response
        _log.info("fault_applied", kind=fault.kind, path=request.path)
        if fault.kind is FaultKind.TIMEOUT_1007:
            return self._refuse(request, _LOST)
        if fault.kind is FaultKind.ANSWER_LOST and request.transport is not None:
            request.transport.abort()
        return response


def _route(request: web.Request) -> Endpoint:
    endpoint = ROUTES.get((request.method, request.path))
    if endpoint is not None:
        return endpoint
    if request.path in RETIRED:
        raise VenueError(-1000, "This endpoint is retired.", status=HTTPStatus.GONE)
    if any(path == request.path for _, path in ROUTES):
        raise VenueError(
            -1000, "Request method is not supported.", status=HTTPStatus.METHOD_NOT_ALLOWED
        )
    raise VenueError(-1000, "Path not found.", status=HTTPStatus.NOT_FOUND)
