"""Sign-in: one answer for every failure, a wait that grows, and a new token each time."""

from dataclasses import dataclass, field

from botcore.ledger import sessions, users
from botcore.ledger.connect import Connection
from botcore.ledger.users import AuditEntry, Credential
from botdashboard.access.passwords import LONGEST_PASSWORD, Passwords
from botdashboard.access.throttle import (
    FREE_FOR_ADDRESS,
    FREE_FOR_NAME,
    next_count,
    seconds_to_wait,
)
from botdashboard.ports import Ledger
from botdashboard.services.sessions import Caller, Sessions

__all__ = ["Attempt", "SignIn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What was typed, and from where."""

    name: str
    password: str = field(repr=False)
    caller: Caller


class SignIn:
    """Turns a name and a password into a session."""

    def __init__(self, ledger: Ledger, passwords: Passwords, sessions_: Sessions) -> None:
        self._ledger = ledger
        self._passwords = passwords
        self._sessions = sessions_

    async def start(self, attempt: Attempt) -> str | None:
        """Answer a session's token, or None: unknown, wrong, disabled and too soon are one (SEC-11)."""
        if len(attempt.password.encode()) > LONGEST_PASSWORD or len(attempt.name) > 63:
            return None
        if not await self._may_try(attempt):
            return None
        async with self._ledger.as_nobody() as connection:
            found = await users.find_credential(connection, attempt.name)
        right = await self._passwords.verify(
            attempt.password, found.password_hash if found else None
        )
        if found is None or not right or found.disabled:
            await self._refuse(found.name if found else "unknown", "refused", attempt.caller)
            return None
        return await self._accept(found, attempt)

    async def _may_try(self, attempt: Attempt) -> bool:
        # The attempt counts as failed until it proves right, so that many at once can't slip through.
        limits = zip(self._subjects(attempt), (FREE_FOR_NAME, FREE_FOR_ADDRESS), strict=True)
        async with self._ledger.as_nobody() as connection:
            waits = [await _count(connection, subject, free) for subject, free in limits]
        if any(waits):
            await self._refuse("unknown", "throttled", attempt.caller)
            return False
        return True

    async def _accept(self, found: Credential, attempt: Attempt) -> str:
        renewed = None
        if found.password_hash and self._passwords.is_outdated(found.password_hash):
            renewed = await self._passwords.hash(attempt.password)
        by_name, by_address = self._subjects(attempt)
        async with self._ledger.as_nobody() as connection:
            await sessions.clear_failures(connection, by_name)
            await sessions.uncount_attempt(connection, by_address)
            if renewed:
                await users.set_password_hash(connection, found.id, renewed)
            token = await self._sessions.begin(connection, found.id, attempt.caller)
            await users.write_audit(
                connection, AuditEntry(actor=found.name, action="sign-in", ip=attempt.caller.ip)
            )
        return token

    async def _refuse(self, actor: str, result: str, caller: Caller) -> None:
        async with self._ledger.as_nobody() as connection:
            entry = AuditEntry(actor=actor, action="sign-in", result=result, ip=caller.ip)
            await users.write_audit(connection, entry)

    def _subjects(self, attempt: Attempt) -> tuple[bytes, bytes]:
        return (
            self._passwords.subject_of(f"name|{attempt.name}"),
            self._passwords.subject_of(f"address|{attempt.caller.ip}"),
        )


async def _count(connection: Connection, subject: bytes, free: int) -> float:
    failures, since_last = await sessions.read_attempts(connection, subject)
    wait = seconds_to_wait(failures, since_last, free)
    if not wait:
        await sessions.count_attempt(connection, subject, next_count(failures, since_last))
    return wait
