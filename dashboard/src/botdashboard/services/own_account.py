"""What a person changes about their own account; each change proves first who asks."""

import asyncio
from dataclasses import dataclass, field

from botcore.domain.errors import InvalidInput
from botcore.ledger import sessions, users
from botcore.ledger.users import AuditEntry
from botdashboard.access.password_rules import check_rules
from botdashboard.access.passwords import Passwords
from botdashboard.access.policy import Actor
from botdashboard.ports import Ledger
from botdashboard.services.proofs import Proof, Proofs
from botdashboard.services.second_factor import SecondFactor
from botdashboard.services.sessions import Caller, Sessions

__all__ = ["NewPassword", "OwnAccount"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """What a person fills in to change a password."""

    current: str = field(repr=False)
    password: str = field(repr=False)
    repeated: str = field(repr=False)
    code: str = field(default="", repr=False)


class OwnAccount:
    """Changes the account of who acts."""

    def __init__(
        self,
        ledger: Ledger,
        passwords: Passwords,
        sessions_: Sessions,
        factor: SecondFactor,
        proofs: Proofs,
    ) -> None:
        self._ledger = ledger
        self._passwords = passwords
        self._sessions = sessions_
        self._factor = factor
        self._proofs = proofs

    async def change_password(self, actor: Actor, new: NewPassword, caller: Caller) -> str:
        """Change the password, end every session and answer the token of a new one (SEC-8, SEC-19).

        Raises:
            InvalidInput: the current password is wrong, or the new one is refused.
        """
        if new.password != new.repeated:
            raise InvalidInput.of("repeated", "must be the same password again")
        async with self._ledger.as_user(actor) as connection:
            has_factor = await self._factor.is_on(connection, actor.user_id)
        await asyncio.to_thread(check_rules, new.password, actor.name, has_second_factor=has_factor)
        await self._proofs.require(actor, Proof(password=new.current, code=new.code))
        password_hash = await self._passwords.hash(new.password)
        async with self._ledger.as_user(actor) as connection:
            await users.set_password_hash(connection, actor.user_id, password_hash)
            ended = await sessions.delete_sessions_of(connection, actor.user_id)
            token = await self._sessions.begin(connection, actor.user_id, caller)
            entry = AuditEntry(actor=actor.name, action="password.change", ip=caller.ip)
            await users.write_audit(connection, entry)
        self._sessions.ended(ended)
        return token
