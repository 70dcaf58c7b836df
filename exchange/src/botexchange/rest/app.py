"""The HTTP face of the API: Binance's paths, headers and refusals."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import orjson
from aiohttp import web
from multidict import CIMultiDict

from botcore.matching.refusals import NO_SUCH_PATH, WRONG_METHOD, VenueError
from botexchange.api.call import DetailedError, Endpoint
from botexchange.api.names import NOTHING, SIGNATURE
from botexchange.api.params import Params, parse_form
from botexchange.api.table import RETIRED, ROUTES
from botexchange.auth import check_encoding, rest_payload
from botexchange.door import BlockedError, Door, Proof
from botexchange.faults import Fault, FaultKind
from botexchange.limits import LimitError
from botexchange.timeunit import in_micros, is_micro

__all__ = ["MOST_BODY", "RestApi"]

MOST_BODY: Final = 64 * 1024
"""Bytes of a request's body."""
_JSON: Final = "application/json;charset=UTF-8"
_BLOCKED: Final = (
    b"<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n"
    b"<center><h1>403 Forbidden</h1></center>\r\n</body>\r\n</html>\r\n"
)
_PATHS: Final = frozenset(path for _, path in ROUTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestApi:
    """Answers every path of the public port that is not a WebSocket."""

    door: Door

    def routes(self) -> list[web.RouteDef]:
        """List every path; those of the API by name, which are found faster than the rest."""
        paths = sorted({path for _, path in ROUTES})
        return [web.route("*", path, self.handle) for path in (*paths, "/{tail:.*}")]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; whatever is wrong with it becomes Binance's error."""
        fault = self.door.faults.take(request.method, request.path)
        try:
            response = await self._answer(request, fault)
        except VenueError as error:
            response = self._refuse(request, error)
        if fault is not None and fault.kind is FaultKind.ANSWER_LOST and request.transport:
            request.transport.abort()
        return response

    async def _answer(self, request: web.Request, fault: Fault | None) -> web.Response:
        door, address = self.door, request.remote or ""
        weights = door.weights
        weights.check(address)
        await door.meet(fault, request.path)
        weight = 1
        try:
            endpoint = _route(request)
            micro = is_micro(request.headers.get("X-MBX-TIME-UNIT"))
            body = await _body(request)
            query = request.raw_path.partition("?")[2]
            params = Params(parse_form(query, body))
            weight = endpoint.cost(params)
            proof = self._sender(request, endpoint, params, rest_payload(query, body))
            endpoint.check_names(params, SIGNATURE if endpoint.is_signed else NOTHING)
            answer = await door.perform(endpoint, params, proof, fault)
            door.check_young(request.path, answer)
        except LimitError:
            raise
        except VenueError:
            weights.add(address, weight)
            raise
        used = weights.add(address, 0 if endpoint.is_free_on_success else weight)
        headers = _headers(used)
        if endpoint.places_orders and proof is not None:
            short, long = door.orders.add(proof.key.uid, 0)
            headers["X-MBX-ORDER-COUNT-10S"] = str(short)
            headers["X-MBX-ORDER-COUNT-1D"] = str(long)
        return web.Response(
            body=orjson.dumps(in_micros(answer) if micro else answer), headers=headers
        )

    def _sender(
        self, request: web.Request, endpoint: Endpoint, params: Params, payload: str
    ) -> Proof | None:
        if not endpoint.is_signed:
            return None
        check_encoding(payload)
        name = request.headers.get("X-MBX-APIKEY")
        return self.door.identify(name, request.remote or "", params, payload)

    def _refuse(self, request: web.Request, error: VenueError) -> web.Response:
        headers = _headers(self.door.weights.add(request.remote or "", 0))
        if isinstance(error, BlockedError):
            headers["Content-Type"] = "text/html"
            return web.Response(body=_BLOCKED, status=error.status, headers=headers)
        body: dict[str, object] = {"code": error.code, "msg": error.message}
        if isinstance(error, LimitError):
            headers["Retry-After"] = str(error.retry_seconds)
        if isinstance(error, DetailedError):
            body["data"] = error.data
        return web.Response(body=orjson.dumps(body), status=error.status, headers=headers)


def _headers(used: int) -> CIMultiDict[str]:
    return CIMultiDict(
        (
            ("Content-Type", _JSON),
            ("Server", "nginx"),
            ("X-MBX-USED-WEIGHT", str(used)),
            ("X-MBX-USED-WEIGHT-1M", str(used)),
        )
    )


async def _body(request: web.Request) -> str:
    if not request.can_read_body:
        return ""
    try:
        return (await request.read()).decode()
    except web.HTTPRequestEntityTooLarge:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise VenueError(
            -1101, "Too many parameters; the body is too large.", status=status
        ) from None
    except (UnicodeError, web.RequestPayloadError, ConnectionError):
        raise VenueError(-1100, "Illegal characters found in the body.") from None


def _route(request: web.Request) -> Endpoint:
    endpoint = ROUTES.get((request.method, request.path))
    if endpoint is not None:
        return endpoint
    if request.path in RETIRED:
        raise VenueError(-1000, "This endpoint is retired.", status=HTTPStatus.GONE)
    if request.path in _PATHS:
        raise VenueError(*WRONG_METHOD, status=HTTPStatus.METHOD_NOT_ALLOWED)
    raise VenueError(*NO_SUCH_PATH, status=HTTPStatus.NOT_FOUND)
