"""The second factor: turned on by its first right code, used up code by code (SEC-27 to SEC-36)."""

from dataclasses import dataclass, field
from uuid import UUID

from botcore.domain.errors import InvalidInput
from botcore.ledger import second_factors
from botcore.ledger.connect import Connection
from botcore.ledger.users import AuditEntry, write_audit
from botcore.runtime.clock import Clock
from botcore.sealing.fields import open_field, seal_field
from botdashboard.access import codes
from botdashboard.access.keyed_hashes import KeyedHashes
from botdashboard.access.policy import Actor
from botdashboard.ports import Ledger

__all__ = ["Enrolment", "FactorState", "SecondFactor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorState:
    """What is shown of it."""

    is_on: bool
    codes_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an authenticator app has to know."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


class SecondFactor:
    """Turns it on and off, and judges codes."""

    def __init__(self, ledger: Ledger, hashes: KeyedHashes, clock: Clock) -> None:
        self._ledger = ledger
        self._hashes = hashes
        self._clock = clock
        self._key = hashes.of("seal", "second factor")

    async def state(self, actor: Actor) -> FactorState:
        """Tell whether it is on, and how many recovery codes are left."""
        async with self._ledger.as_user(actor) as connection:
            return FactorState(
                is_on=await self.is_on(connection, actor.user_id),
                codes_left=await second_factors.count_codes(connection, actor.user_id),
            )

    async def is_on(self, connection: Connection, user_id: UUID) -> bool:
        """Tell whether a code is asked for."""
        found = await second_factors.find_factor(connection, user_id)
        return found is not None and found.confirmed

    async def enrol(self, actor: Actor) -> Enrolment:
        """Answer the secret to be confirmed; asked again, it is the same.

        Raises:
            InvalidInput: it is on already.
        """
        async with self._ledger.as_user(actor) as connection:
            sealed = seal_field(self._key, codes.new_secret(), str(actor.user_id))
            await second_factors.insert_factor(connection, actor.user_id, sealed)
            found = await second_factors.find_factor(connection, actor.user_id)
        if found is None or found.confirmed:
            raise InvalidInput.of("code", "the second factor is on already")
        secret = open_field(self._key, found.sealed_secret, str(actor.user_id))
        return Enrolment(secret=secret, uri=codes.enrolment_uri(secret, actor.name))

    async def confirm(self, actor: Actor, code: str, ip: str) -> list[str]:
        """Turn it on with its first code and answer the recovery codes, which are shown once (SEC-33).

        Raises:
            InvalidInput: the code is wrong.
        """
        enrolment = await self.enrol(actor)
        step = codes.step_of(enrolment.secret, codes.normalised(code), self._now())
        if step is None:
            raise InvalidInput.of("code", "is wrong: type what the app shows now")
        async with self._ledger.as_user(actor) as connection:
            if not await second_factors.confirm_factor(connection, actor.user_id, step):
                raise InvalidInput.of("code", "the second factor is on already")
            made = await self._new_codes(connection, actor.user_id)
            entry = AuditEntry(actor=actor.name, action="second-factor.on", ip=ip)
            await write_audit(connection, entry)
        return made

    async def turn_off(self, actor: Actor, ip: str) -> None:
        """Turn it off; its person has proved who asks."""
        async with self._ledger.as_user(actor) as connection:
            if await second_factors.delete_factor(connection, actor.user_id):
                entry = AuditEntry(actor=actor.name, action="second-factor.off", ip=ip)
                await write_audit(connection, entry)

    async def renew_codes(self, actor: Actor, ip: str) -> list[str]:
        """Make recovery codes in place of the earlier ones."""
        async with self._ledger.as_user(actor) as connection:
            made = await self._new_codes(connection, actor.user_id)
            entry = AuditEntry(actor=actor.name, action="recovery-codes.renew", ip=ip)
            await write_audit(connection, entry)
        return made

    async def use(self, connection: Connection, user_id: UUID, typed: str) -> str:
        """Use a code up; answers what it was, `code` or `recovery code`, or nothing if it is wrong."""
        code = codes.normalised(typed)
        if not codes.is_time_code(code):
            hashed = self._hashes.of("recovery", f"{user_id}|{code}")
            used = await second_factors.use_code(connection, user_id, hashed)
            return "recovery code" if used else ""
        found = await second_factors.find_factor(connection, user_id)
        if found is None or not found.confirmed:
            return ""
        secret = open_field(self._key, found.sealed_secret, str(user_id))
        step = codes.step_of(secret, code, self._now())
        if step is None or not await second_factors.use_step(connection, user_id, step):
            return ""
        return "code"

    async def _new_codes(self, connection: Connection, user_id: UUID) -> list[str]:
        made = [codes.new_recovery_code() for _ in range(codes.RECOVERY_CODES)]
        hashed = [self._hashes.of("recovery", f"{user_id}|{codes.normalised(one)}") for one in made]
        await second_factors.insert_codes(connection, user_id, hashed)
        return made

    def _now(self) -> float:
        return self._clock.now().timestamp()
