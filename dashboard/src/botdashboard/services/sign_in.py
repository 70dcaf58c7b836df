"""Sign-in: one answer for every failure, a wait that grows, and a new token each time."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from botcore.ledger import second_factors, users
from botcore.ledger.connect import Connection
from botcore.ledger.users import AuditEntry, Credential
from botdashboard.access.keyed_hashes import KeyedHashes
from botdashboard.access.password_rules import LONGEST_PASSWORD
from botdashboard.access.passwords import Passwords
from botdashboard.access.tokens import hash_token, new_token
from botdashboard.ports import Ledger
from botdashboard.services.attempts import Attempts
from botdashboard.services.second_factor import SecondFactor
from botdashboard.services.sessions import Caller, Sessions

__all__ = ["Attempt", "CodeWanted", "Refused", "SignIn", "SignedIn"]

PENDING_LIFETIME = timedelta(minutes=5)
MOST_WRONG_CODES = 5


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
class CodeWanted:
    """Name and password are right; a code of the second factor is awaited."""

    token: str = field(repr=False)
    """Of this sign-in alone; it opens nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Unknown, wrong, disabled and too soon are one (SEC-11)."""

    retry_after: int = 0
    """Seconds the whole network has to wait; 0 where it need not."""
    is_over: bool = False
    """Whether it has to begin again: too many wrong codes, or too late (SEC-31)."""


class SignIn:
    """Turns a name and a password into a session."""

    def __init__(
        self,
        ledger: Ledger,
        passwords: Passwords,
        sessions: Sessions,
        hashes: KeyedHashes,
        factor: SecondFactor,
    ) -> None:
        self._ledger = ledger
        self._passwords = passwords
        self._sessions = sessions
        self._hashes = hashes
        self._factor = factor
        self._attempts = Attempts(ledger, hashes)

    async def start(self, attempt: Attempt) -> SignedIn | CodeWanted | Refused:
        """Begin a session if name and password are right, or ask for a code."""
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
        async with self._ledger.as_nobody() as connection:
            if not await self._factor.is_on(connection, found.id):
                await self._attempts.passed(connection, subjects)
                return await self._begin(connection, found.id, found.name, attempt.caller)
            # The name's failures stay until the code is right, too.
            shared = [one for one in subjects if one.is_shared]
            await self._attempts.passed(connection, shared)
            token = new_token()
            await second_factors.insert_pending(
                connection, hash_token(token), found.id, PENDING_LIFETIME
            )
        return CodeWanted(token=token)

    async def is_waiting(self, token: str) -> bool:
        """Tell whether a sign-in waits for its code."""
        async with self._ledger.as_nobody() as connection:
            return await second_factors.find_pending(connection, hash_token(token)) is not None

    async def finish(self, token: str, code: str, caller: Caller) -> SignedIn | Refused:
        """Begin a session if the code is right; five wrong ones end the sign-in (SEC-31)."""
        key = hash_token(token)
        async with self._ledger.as_nobody() as connection:
            waiting = await second_factors.find_pending(connection, key)
        if waiting is None:
            return Refused(is_over=True)
        subjects = self._attempts.of_sign_in(waiting.name, caller)
        wait = await self._attempts.enter(subjects)
        if wait:
            await self._refuse(waiting.name, "throttled", caller)
            return Refused(retry_after=wait.seconds)
        async with self._ledger.as_nobody() as connection:
            used = await self._factor.use(connection, waiting.user_id, code)
            if used and await second_factors.delete_pending(connection, key):
                await self._attempts.passed(connection, subjects)
                return await self._begin(
                    connection, waiting.user_id, waiting.name, caller, factor=used
                )
            goes_on = await second_factors.count_wrong_code(connection, key, MOST_WRONG_CODES)
        await self._refuse(waiting.name, "wrong code", caller)
        return Refused(is_over=not goes_on)

    async def _begin(
        self, connection: Connection, user_id: UUID, name: str, caller: Caller, factor: str = ""
    ) -> SignedIn:
        is_known = self._hashes.is_device_of(name, caller.mark)
        token = await self._sessions.begin(connection, user_id, caller)
        detail = {} if is_known else {"device": "new", "browser": caller.device[:200]}
        if factor:
            detail["factor"] = factor
        entry = AuditEntry(actor=name, action="sign-in", ip=caller.ip, detail=detail)
        await users.write_audit(connection, entry)
        if factor == "recovery code":
            entry = AuditEntry(actor=name, action="recovery-code.use", ip=caller.ip)
            await users.write_audit(connection, entry)
        mark = caller.mark if is_known else self._hashes.new_device_mark(name)
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
