"""Step-up: who acts proves it again, in the very form of what is to be done (SEC-42, SEC-43).

A proof counts for the one request it comes with, so it can be used neither twice nor for anything else.
"""

from dataclasses import dataclass, field

from botcore.domain.errors import InvalidInput, InvariantBroken
from botcore.ledger import users
from botcore.ledger.users import AuditEntry, write_audit
from botdashboard.access.keyed_hashes import KeyedHashes
from botdashboard.access.passwords import Passwords
from botdashboard.access.policy import Actor
from botdashboard.ports import Ledger
from botdashboard.services.attempts import Attempts
from botdashboard.services.second_factor import SecondFactor

__all__ = ["Proof", "Proofs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a person typed to prove who acts."""

    password: str = field(repr=False)
    code: str = field(default="", repr=False)
    """Of the second factor; not looked at where there is none."""


class Proofs:
    """Judges proofs; wrong ones are counted under the person's own name, not that of the sign-in."""

    def __init__(
        self, ledger: Ledger, passwords: Passwords, hashes: KeyedHashes, factor: SecondFactor
    ) -> None:
        self._ledger = ledger
        self._passwords = passwords
        self._attempts = Attempts(ledger, hashes)
        self._factor = factor

    async def require(self, actor: Actor, proof: Proof, *, needs_factor: bool = False) -> None:
        """Check the password, and a code if the second factor is on.

        Raises:
            InvalidInput: at `current` or `code`; with `needs_factor` also if there is none (SEC-35).
        """
        subjects = self._attempts.of_proof(actor.name)
        async with self._ledger.as_user(actor) as connection:
            has_factor = await self._factor.is_on(connection, actor.user_id)
            found = await users.find_credential(connection, actor.name)
        if needs_factor and not has_factor:
            raise InvalidInput.of(
                "code", "real money needs a second factor: turn it on under Security first"
            )
        if found is None:
            raise InvariantBroken(f"{actor.name} has a session and no account")
        wait = await self._attempts.enter(subjects)
        if wait:
            raise InvalidInput.of("current", f"was wrong too often: wait {wait.seconds} seconds")
        if not await self._passwords.verify(proof.password, found.password_hash):
            await self._refuse(actor, "password")
            raise InvalidInput.of("current", "is wrong")
        async with self._ledger.as_nobody() as connection:
            used = (
                await self._factor.use(connection, actor.user_id, proof.code) if has_factor else "-"
            )
            if used:
                await self._attempts.passed(connection, subjects)
            if used == "recovery code":
                entry = AuditEntry(actor=actor.name, action="recovery-code.use", ip=actor.ip)
                await write_audit(connection, entry)
        if not used:
            await self._refuse(actor, "code")
            raise InvalidInput.of("code", "is wrong or was used already: wait for the next one")

    async def _refuse(self, actor: Actor, what: str) -> None:
        async with self._ledger.as_nobody() as connection:
            entry = AuditEntry(
                actor=actor.name, action="step-up", object=what, result="refused", ip=actor.ip
            )
            await write_audit(connection, entry)
