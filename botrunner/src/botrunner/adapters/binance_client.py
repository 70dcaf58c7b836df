"""python-binance pointed at a venue of ours: venue time in every signature, limits read, defects closed.

Two of its defects end here. A: its WebSocket API reconnects without its subscriptions, so it must not reconnect
at all. F: it drops the venue's announcement of a shutdown.
"""

import asyncio
import hmac
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from aiohttp.hdrs import CONNECTION
from yarl import URL

from botrunner.adapters import binance_library
from botrunner.adapters.binance_errors import classify, refusal_of
from botrunner.adapters.binance_library import AsyncClient, WebsocketAPI, WSListenerState
from botrunner.adapters.rate_limits import RateLimits
from botrunner.adapters.timing import Observe, nobody, timing
from botrunner.adapters.venue_clock import VenueClock

__all__ = [
    "Endpoints",
    "ExchangeKey",
    "FencedBeforeSend",
    "MakeClient",
    "RelayEndpoints",
    "VenueClient",
    "client_factory",
]

_QUEUE_SIZE: Final = 10_000
_ORDER_CALLS: Final = {"post": "place", "delete": "cancel"}
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_TIMEOUT: Final = aiohttp.ClientTimeout(total=5, sock_connect=3)

# The supervisors of the streams say what happened; the library's own lines repeat it as errors.
logging.getLogger("binance").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayEndpoints:
    """Where the relay of the venue's market data is."""

    rest_url: str
    stream_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where the venue is; `participant` is this bot's name in a lockstep replay."""

    rest_url: str
    ws_api_url: str
    stream_url: str
    participant: str | None = None
    relay: RelayEndpoints | None = None

    @property
    def lockstep_query(self) -> str:
        """Return what marks a stream's address in lockstep."""
        return f"lockstep={self.participant}" if self.participant else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeKey:
    """An exchange key; the secret is of HMAC or the PEM of an Ed25519 key; `version` is the operator's name for it."""

    api_key: str
    secret: str = field(repr=False)
    version: str = field(default="", compare=False)

    @property
    def pem(self) -> str | None:
        """Return the PEM as the library needs it: with other line ends it takes Ed25519 for RSA."""
        is_pem = self.secret.lstrip().startswith("-----BEGIN")
        return "\n".join(self.secret.split("\r\n")).strip() if is_pem else None


class FencedBeforeSend(Exception):
    """An order was signed, and then the lease's deadline had passed: no byte of it left (I1)."""


class _WebsocketApi(WebsocketAPI):  # type: ignore[misc]  # python-binance ships no types
    """The library's WebSocket API without its blind reconnect (A), with the shutdown notice (F).

    Events of a subscription that was not registered, and errors, go to its own queue in their order. Nothing is
    registered here, so none slips through between the answer to a subscription and its registration.
    """

    MAX_RECONNECTS = 0

    def _handle_message(self, msg: str) -> Any:
        if '"serverShutdown"' in msg:
            return {"e": "serverShutdown"}
        return super()._handle_message(msg)


class VenueClient(AsyncClient):  # type: ignore[misc]  # python-binance ships no types
    """The library's client for one venue; its addresses are class attributes, set by `client_factory`."""

    LOCKSTEP_URL = ""
    PARTICIPANT: str | None = None

    def __init__(
        self,
        key: ExchangeKey,
        *,
        venue_clock: VenueClock,
        limits: RateLimits,
        may_send: Callable[[], bool],
    ) -> None:
        """Open the session; nothing is sent yet."""
        self.observe: Observe = nobody
        self._may_send = may_send
        self._venue_clock = venue_clock
        self._limits = limits
        self._secret, self._pem = key.secret.encode(), key.pem
        if key.pem:
            binance_library.sign_by_private_keys()
        super().__init__(
            api_key=key.api_key,
            api_secret=None if key.pem else key.secret,
            private_key=key.pem,
        )
        self.ws_api = _WebsocketApi(url=self.WS_API_URL)
        self.ws_api.max_queue_size = _QUEUE_SIZE

    @property
    def timestamp_offset(self) -> int:
        """What the library adds to the wall clock when it signs."""
        return self._venue_clock.signing_offset_ms()

    @timestamp_offset.setter
    def timestamp_offset(self, _value: int) -> None:
        """Ignore the library's own single measurement."""

    @property
    def REQUEST_RECVWINDOW(self) -> int:  # noqa: N802 the library's name
        """What the library sends with every signed request, in ms of venue time."""
        return self._venue_clock.recv_window_ms()

    @property
    def user_events(self) -> "asyncio.Queue[dict[str, Any]]":
        """The events of the account's stream; the library's recv() hides timeouts."""
        queue: asyncio.Queue[dict[str, Any]] = self.ws_api._queue  # noqa: SLF001 the pinned library's
        return queue

    async def subscribe_user_data(self) -> None:
        """Subscribe to the account's events, which Binance offers by the WebSocket API alone."""
        await self._ws_api_request("userDataStream.subscribe.signature", signed=True, params={})

    async def exchange_info(self, symbols: Sequence[str]) -> Any:
        """Read the filters of these symbols; the library's own call reads those of all, 3 MB."""
        listed = json.dumps(list(symbols), separators=(",", ":"))
        return await self._get("exchangeInfo", data={"symbols": listed})

    async def post_idle(self, frames: int, *, anew: bool) -> int:
        """Report this participant idle; return how many frames the exchange has sent it."""
        body = {"participant": self.PARTICIPANT, "frames": frames, "reset": anew}
        async with self.session.post(self.LOCKSTEP_URL, json=body, timeout=_TIMEOUT) as response:
            if response.status != 200:
                raise refusal_of(response.status, response.headers, await response.text())
            answer = await response.json()
            return int(answer["pushed"])

    async def _request(
        self,
        method: str,
        uri: str,
        signed: bool,  # noqa: FBT001 the library's signature
        force_params: bool = False,  # noqa: FBT001, FBT002 the library's signature
        **kwargs: Any,
    ) -> Any:
        """Sign, only then look at the lease, and send.

        A process that is stopped after the look sends a signature that has grown too old by the time it wakes;
        looking first would let it sign afresh long after its lease has gone (I1). The library's own way costs more.

        Raises:
            FencedBeforeSend: an order may not leave any more.
        """
        form = self._form(kwargs.get("data") or {}, signed=signed)
        if method == "post" and signed and not self._may_send():
            raise FencedBeforeSend
        url, sent = uri, dict[str, Any](timeout=_TIMEOUT)
        if method == "get" or force_params:
            url = f"{uri}?{form}" if form else uri
        else:
            sent |= {"data": form, "headers": _FORM}
        async with self.session.request(method, URL(url, encoded=True), **sent) as response:
            return await self._handle_response(response)

    def _form(self, params: Mapping[str, Any], *, signed: bool) -> str:
        """Write parameters as they are signed and sent; those without a value are left out."""
        told = {name: str(value) for name, value in params.items() if value is not None}
        form = "&".join(f"{name}={quote(value, safe='')}" for name, value in told.items())
        if not signed:
            return form
        clock = self._venue_clock
        form = f"{form}&" if form else form
        form += f"recvWindow={clock.recv_window_ms()}&timestamp={clock.signing_ms()}"
        if self._pem is None:
            signature = hmac.digest(self._secret, form.encode(), "sha256").hex()
        else:
            signature = quote(self._ed25519_signature(form), safe="")
        return f"{form}&signature={signature}"

    async def _request_api(self, method: str, *rest: Any, **kwargs: Any) -> Any:
        """Time orders and cancels: from signing to the answer, or to giving it up."""
        sending = super()._request_api(method, *rest, **kwargs)
        if method not in _ORDER_CALLS:
            return await sending
        with timing(self.observe, _ORDER_CALLS[method], _ending):
            return await sending

    async def close(self) -> None:
        """Close everything; a socket that is gone already is no news."""
        self.ws_api.ws_state = WSListenerState.EXITING
        try:
            if self.ws_api.ws is not None:
                await self.ws_api.ws.close()
        finally:  # also where the caller's patience with the socket has run out
            await self.session.close()

    async def _handle_response(self, response: aiohttp.ClientResponse) -> Any:
        """Read the limits off every answer, then the answer.

        Raises:
            VenueRefusal: anything that is no success; the library's own error trips over non-JSON bodies.
        """
        self._limits.read(response.headers)
        text = await response.text()
        if response.status == 200:
            try:
                answer = json.loads(text)
            except ValueError:
                pass
            else:
                self._keep_connections(to_venue=True)
                return answer
        refusal = refusal_of(response.status, response.headers, text)
        self._keep_connections(to_venue=refusal.code != 0)
        raise refusal

    def _keep_connections(self, *, to_venue: bool) -> None:
        """Keep connections only while Binance's words come back.

        The venue's name or address may have led elsewhere for a moment; a connection to there would stay for as long
        as it is used.
        """
        if to_venue:
            self.session.headers.pop(CONNECTION, None)
        else:
            self.session.headers[CONNECTION] = "close"

    async def _ws_api_request(self, method: str, signed: bool, params: dict[str, Any]) -> Any:  # noqa: FBT001 the library's signature
        if signed:
            params.setdefault("recvWindow", self.REQUEST_RECVWINDOW)
        return await super()._ws_api_request(method, signed, params)


MakeClient = Callable[[ExchangeKey], VenueClient]


def client_factory(
    endpoints: Endpoints,
    *,
    venue_clock: VenueClock,
    limits: RateLimits,
    may_send: Callable[[], bool],
    observe: Observe = nobody,
) -> MakeClient:
    """Return what makes clients of one venue; each has connections of its own and needs a running loop."""
    query = f"?{endpoints.lockstep_query}" if endpoints.participant else ""
    attributes = {
        "API_URL": f"{endpoints.rest_url}/api",
        "MARGIN_API_URL": f"{endpoints.rest_url}/sapi",
        "WS_API_URL": f"{endpoints.ws_api_url}{query}",
        "LOCKSTEP_URL": f"{endpoints.rest_url}/lockstep/v1/idle",
        "PARTICIPANT": endpoints.participant,
    }
    made = type("ConfiguredClient", (VenueClient,), attributes)

    def make(key: ExchangeKey) -> VenueClient:
        client: VenueClient = made(key, venue_clock=venue_clock, limits=limits, may_send=may_send)
        client.observe = observe
        return client

    return make


def _ending(error: Exception) -> str:
    return "" if isinstance(error, FencedBeforeSend) else classify(error).meaning.value
