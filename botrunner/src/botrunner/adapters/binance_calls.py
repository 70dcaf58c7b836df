"""Calls to Binance by REST: signed anew when only the clock was off, understood when they fail."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from botcore.domain.errors import (
    InvalidInput,
    InvariantBroken,
    NotAllowed,
    PlatformError,
    Transient,
)
from botrunner.adapters.binance_client import ExchangeKey, VenueClient
from botrunner.adapters.binance_errors import (
    CALL_ERRORS,
    Failure,
    Meaning,
    VenueRefusal,
    classify,
)
from botrunner.adapters.client_slot import ClientSlot
from botrunner.adapters.rate_limits import Priority, RateLimits
from botrunner.adapters.venue_clock import VenueClock

__all__ = ["BAD_SYMBOL", "RenewKey", "Send", "VenueCalls", "no_reading"]

_log = structlog.get_logger(__name__)

Send = Callable[[], Awaitable[Any]]
RenewKey = Callable[[ExchangeKey], Awaitable[bool]]
"""Take a newer key than the rejected one, if there is any."""


async def _no_other_key(_rejected: ExchangeKey) -> bool:
    return False


BAD_SYMBOL: Final = -1121
_TOO_MANY_ORDERS: Final = -1015
_OWN_FAULTS: Final = range(-1199, -1099)
"""Codes for malformed requests."""


class VenueCalls:
    """Sends, and turns what comes back into what the caller may conclude."""

    def __init__(self, *, slot: ClientSlot, venue_clock: VenueClock, limits: RateLimits) -> None:
        """Take the client and what its answers teach."""
        self._slot = slot
        self._venue_clock = venue_clock
        self._limits = limits
        self.renew_key: RenewKey = _no_other_key

    @property
    def _client(self) -> VenueClient:
        return self._slot.client

    async def signed(self, send: Send) -> Any:
        """Send; once more if only the signature's time, or an old key, was refused: nothing was done (TR-61).

        The client looks at the lease after each signing, so signing again needs no look of its own.
        """
        key = self._slot.key
        try:
            return await send()
        except VenueRefusal as error:
            if not await self._is_mended(classify(error).meaning, key):
                raise
        return await send()

    async def _is_mended(self, meaning: Meaning, key: ExchangeKey) -> bool:
        if meaning is Meaning.KEY:
            return await self.renew_key(key)
        if meaning is not Meaning.CLOCK:
            return False
        try:
            await self.resync()
        except Transient:
            return False
        return True

    def keep_silence(self) -> None:
        """Let a connection be tried, whatever else sheds load, unless the venue has asked for silence (TR-53).

        Raises:
            Transient: it has; connecting costs weight like a call.
        """
        self._limits.admit(Priority.EXIT)

    async def read(self, priority: Priority, send: Send) -> Any:
        """Read; a refusal of the venue passes as VenueRefusal.

        Raises:
            Transient: the venue can't be reached, or its limits forbid asking.
            NotAllowed: the key is rejected.
        """
        self._limits.admit(priority)
        try:
            return await self.signed(send)
        except VenueRefusal as error:
            self.understand(error)
            raise
        except CALL_ERRORS as error:
            raise Transient(classify(error).reason) from error

    async def reading(self, priority: Priority, send: Send) -> Any:
        """Read where every refusal is an error of the platform's."""
        try:
            return await self.read(priority, send)
        except VenueRefusal as error:
            raise no_reading(error) from error

    async def read_time(self) -> int:
        """Read the venue's time in ms.

        Raises:
            Transient: the venue can't be reached.
        """
        self._limits.admit(Priority.ENTRY)
        try:
            body = await self._client.get_server_time()
        except (VenueRefusal, *CALL_ERRORS) as error:
            raise Transient(self.understand(error).reason) from error
        return int(body["serverTime"])

    async def resync(self) -> None:
        """Measure the venue's clock at once.

        Raises:
            Transient: the venue can't be reached.
        """
        await self._venue_clock.sample(self.read_time, trust=True)
        _log.warning("venue_clock_resynced", rate=round(self._venue_clock.rate, 3))

    async def post_idle(self, frames: int, anew: bool) -> int:  # noqa: FBT001 PostIdle's order
        """Report idle in a lockstep replay.

        Raises:
            Transient: the exchange can't be reached.
        """
        try:
            return await self._client.post_idle(frames, anew=anew)
        except (VenueRefusal, *CALL_ERRORS) as error:
            raise Transient(str(error)) from error

    def understand(self, error: Exception) -> Failure:
        """Classify, and keep silent if the venue asks for it.

        Raises:
            NotAllowed: the key is rejected.
        """
        failure = classify(error)
        if failure.meaning is Meaning.LIMITED:
            self._limits.block(failure.pause, only_orders=failure.code == _TOO_MANY_ORDERS)
        if failure.meaning is Meaning.KEY:
            raise NotAllowed(f"the venue rejects the key: {failure.reason}") from error
        return failure


def no_reading(error: VenueRefusal) -> PlatformError:
    """Return what a refused reading is to the platform."""
    failure = classify(error)
    if failure.code == BAD_SYMBOL:
        return InvalidInput.of("symbol", "the venue does not trade it")
    if failure.code in _OWN_FAULTS:
        return InvariantBroken(f"the venue calls a request malformed: {failure.reason}")
    return Transient(failure.reason, after_seconds=failure.pause)
