"""Sign-in: one answer for every failure, a wait that grows, and a new token each time."""

from dataclasses import dataclass, field

from botcore.ledger import users
from botcore.ledger.users import AuditEntry, Credential
from botdashboard.access.keyed_hashes import KeyedHashes
from botdashboard.access.password_rules import LONGEST_PASSWORD
from botdashboard.access.passwords import Passwords
from botdashboard.ports import Ledger
from botdashboard.services.attempts import Attempts, Subject
from botdashboard.services.sessions import Caller, Sessions

__all__ = ["Attempt", "Refused", "SignIn", "SignedIn"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What was typed, and from where."""

    name: str
    password: str = field(repr=False)
    caller: Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session has begun."""

    token: str = field(repr=False)
    mark: str = field(repr=False)
    """What the browser is known by from now on (SEC-15)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Unknown, wrong, disabled and too soon are one (SEC-11)."""

    retry_after: int = 0
    """Seconds the whole network has to wait; 0 where it need not."""


class SignIn:
    """Turns a name and a password into a session."""

    def __init__(
        self, ledger: Ledger, passwords: Passwords, sessions: Sessions, hashes: KeyedHashes
    ) -> None:
        self._ledger = ledger
        self._passwords = passwords
        self._sessions = sessions
        self._hashes = hashes
        self._attempts = Attempts(ledger, hashes)

    async def start(self, attempt: Attempt) -> SignedIn | Refused:
        """Begin a session if name and password are right."""
        if len(attempt.password.encode()) > LONGEST_PASSWORD or len(attempt.name) > 63:
            return Refused()
        subjects = self._attempts.of_sign_in(attempt.name, attempt.caller)
        wait = await self._attempts.enter(subjects)
        if wait:
            await self._refuse("unknown", "throttled", attempt.caller)
            return Refused(retry_after=wait.seconds if wait.of_network else 0)
        async with self._ledger.as_nobody() as connection:
            found = await users.find_credential(connection, attempt.name)
        right = await self._passwords.verify(
            attempt.password, found.password_hash if found else None
        )
        if found is None or not right or found.disabled:
            await self._refuse(found.name if found else "unknown", "refused", attempt.caller)
            return Refused()
        await self._renew_hash(found, attempt.password)
        return await self._accept(found, attempt.caller, subjects)

    async def _accept(
        self, found: Credential, caller: Caller, subjects: tuple[Subject, ...]
    ) -> SignedIn:
        is_known = self._hashes.is_device_of(found.name, caller.mark)
        async with self._ledger.as_nobody() as connection:
            await self._attempts.passed(connection, subjects)
            token = await self._sessions.begin(connection, found.id, caller)
            entry = AuditEntry(
                actor=found.name,
                action="sign-in",
                ip=caller.ip,
                detail={} if is_known else {"device": "new"},
            )
            await users.write_audit(connection, entry)
        mark = caller.mark if is_known else self._hashes.new_device_mark(found.name)
        return SignedIn(token=token, mark=mark)

    async def _renew_hash(self, found: Credential, password: str) -> None:
        if not found.password_hash or not self._passwords.is_outdated(found.password_hash):
            return
        renewed = await self._passwords.hash(password)
        async with self._ledger.as_nobody() as connection:
            await users.set_password_hash(connection, found.id, renewed)

    async def _refuse(self, actor: str, result: str, caller: Caller) -> None:
        async with self._ledger.as_nobody() as connection:
            entry = AuditEntry(actor=actor, action="sign-in", result=result, ip=caller.ip)
            await users.write_audit(connection, entry)
