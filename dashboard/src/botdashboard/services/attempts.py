"""Tries to prove who one is: counted in the database before they are judged, so that they survive a restart."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil

from botcore.ledger import sessions
from botcore.ledger.connect import Connection
from botdashboard.access.keyed_hashes import KeyedHashes
from botdashboard.access.throttle import (
    FREE_FOR_NAME,
    FREE_FOR_NETWORK,
    network_of,
    next_count,
    seconds_to_wait,
)
from botdashboard.ports import Ledger
from botdashboard.services.sessions import Caller

__all__ = ["Attempts", "Subject", "Wait"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a failure is counted under."""

    key: bytes
    free: int
    """Failures before the first wait."""
    is_shared: bool = False
    """Whether other people are counted under it, too: it forgets one try at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """How long nothing is judged."""

    seconds: int
    of_network: bool
    """Whether it is the network that waits, which may be told; of a name nothing is (SEC-11)."""


class Attempts:
    """Counts failures under names, networks and browsers that are known."""

    def __init__(self, ledger: Ledger, hashes: KeyedHashes) -> None:
        self._ledger = ledger
        self._hashes = hashes

    def of_sign_in(self, name: str, caller: Caller) -> tuple[Subject, ...]:
        """Answer what a sign-in is counted under.

        A browser that has signed in to the account before has a count of its own, so that nobody
        else can make its person wait (SEC-15).
        """
        if self._hashes.is_device_of(name, caller.mark):
            return (self._subject("device", f"{name}|{caller.mark}"),)
        network = self._hashes.of("address", network_of(caller.ip))
        return (
            self._subject("name", name),
            Subject(key=network, free=FREE_FOR_NETWORK, is_shared=True),
        )

    def of_proof(self, name: str) -> tuple[Subject, ...]:
        """Answer what a person's proofs within a session are counted under: his own, no stranger's."""
        return (self._subject("proof", name),)

    def of_token(self, ip: str) -> tuple[Subject, ...]:
        """Answer what a wrong token of the REST API is counted under: the network, apart from sign-ins."""
        key = self._hashes.of("token-address", network_of(ip))
        return (Subject(key=key, free=FREE_FOR_NETWORK, is_shared=True),)

    async def enter(self, subjects: Iterable[Subject]) -> Wait | None:
        """Count a try as failed until it proves right, or answer how long to wait.

        Counted first, many tries at once slip through no more than one by one.
        """
        async with self._ledger.as_nobody() as connection:
            found = [(one, await _count(connection, one)) for one in subjects]
        waits = [(seconds, one.is_shared) for one, seconds in found if seconds]
        if not waits:
            return None
        return Wait(
            seconds=ceil(max(seconds for seconds, _ in waits)),
            of_network=any(is_shared for _, is_shared in waits),
        )

    async def passed(self, connection: Connection, subjects: Iterable[Subject]) -> None:
        """Forget the failures: the try was right."""
        for one in subjects:
            if one.is_shared:
                await sessions.uncount_attempt(connection, one.key)
            else:
                await sessions.clear_failures(connection, one.key)

    def _subject(self, purpose: str, text: str) -> Subject:
        return Subject(key=self._hashes.of(purpose, text), free=FREE_FOR_NAME)


async def _count(connection: Connection, subject: Subject) -> float:
    failures, since_last = await sessions.read_attempts(connection, subject.key)
    wait = seconds_to_wait(failures, since_last, subject.free)
    if not wait:
        await sessions.count_attempt(connection, subject.key, next_count(failures, since_last))
    return wait
