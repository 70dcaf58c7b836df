"""A new exchange key without a restart: read, proved to be of the same account, then taken (operator.md §2.8)."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from botcore.domain.errors import InvalidInput
from botrunner.adapters.binance_client import ExchangeKey, VenueClient
from botrunner.adapters.binance_errors import (
    CALL_ERRORS,
    Meaning,
    VenueRefusal,
    classify,
)
from botrunner.adapters.binance_mapping import account_of
from botrunner.adapters.client_slot import ClientSlot
from botrunner.ports import Account
from botrunner.trading.events import KeyInUse

__all__ = ["KeyRotation"]

_log = structlog.get_logger(__name__)
_LOOK_EVERY: Final = 1.0
_DEFINITE: Final = frozenset({Meaning.KEY, Meaning.REFUSED})


class KeyRotation:
    """Watches the mounted key; one that proves wrong is told once, and the one in use stays."""

    def __init__(self, slot: ClientSlot, on_taken: Callable[[], None]) -> None:
        """Replace what is in this slot; `on_taken` hears that a new key is in use."""
        self._slot = slot
        self._on_taken = on_taken
        self._read: Callable[[], ExchangeKey] | None = None
        self._account_uid = ""
        self._refused: tuple[ExchangeKey, str] | None = None
        """The mounted key that proved wrong, and how."""
        self._lock = asyncio.Lock()

    def follow(self, read: Callable[[], ExchangeKey], account_uid: str) -> None:
        """Read the key by this from now on; it must be of this exchange account."""
        self._read, self._account_uid = read, account_uid

    async def run(self) -> None:
        """Look for a new key until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            async with self._lock:
                await self._look()

    def in_use(self) -> KeyInUse:
        """Tell which key is in use, and why the mounted one is not; for the heartbeat."""
        problem = ""
        if self._refused is not None:
            key, reason = self._refused
            problem = f"the new key {key.version} was refused: {reason}"
        return KeyInUse(version=self._slot.key.version, problem=problem)

    async def renew(self, rejected: ExchangeKey) -> bool:
        """Tell whether another key than the rejected one is in use now, or was found at once (TR-69)."""
        async with self._lock:
            return self._slot.key != rejected or await self._look()

    async def _look(self) -> bool:
        key = self._mounted()
        if key is None or (self._refused is not None and key == self._refused[0]):
            return False
        if key == self._slot.key:
            self._slot.rename(key)
            self._refused = None
            return False
        try:
            candidate = self._slot.make(key)
        except ValueError as error:  # a PEM that is none
            self._refuse(key, str(error))
            return False
        is_taken = False
        try:
            is_taken = await self._is_proved(key, candidate)
        finally:
            if not is_taken:
                await candidate.close()
        if is_taken:
            self._slot.replace(key, candidate)
            self._refused = None
            self._on_taken()
            _log.info("key_taken", account_uid=self._account_uid)
        return is_taken

    async def _is_proved(self, key: ExchangeKey, candidate: VenueClient) -> bool:
        """Ask the venue whose key it is; silence is no verdict, the next look asks again."""
        try:
            account = account_of(await candidate.get_account(omitZeroBalances="true"))
        except (VenueRefusal, *CALL_ERRORS) as error:
            failure = classify(error)
            if failure.meaning in _DEFINITE:
                self._refuse(key, failure.reason)
            else:
                _log.warning("key_not_verified", reason=failure.reason)
            return False
        problem = self._problem(account)
        if problem:
            self._refuse(key, problem)
        return not problem

    def _mounted(self) -> ExchangeKey | None:
        """Read the key; None in the middle of a swap."""
        try:
            return None if self._read is None else self._read()
        except InvalidInput:
            return None

    def _problem(self, account: Account) -> str:
        if account.uid != self._account_uid:
            return f"it is of account {account.uid}, this bot is bound to {self._account_uid}"
        return "" if account.can_trade else "its account may not trade"

    def _refuse(self, key: ExchangeKey, problem: str) -> None:
        self._refused = (key, problem)
        _log.error("key_refused", reason=problem)
