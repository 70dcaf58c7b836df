"""Refusals and measures go to the audit log, each with who and what."""

from botcore.domain.errors import NotAllowed
from botcore.ledger.users import AuditEntry, write_audit
from botdashboard.access.policy import Action, Actor, may
from botdashboard.ports import Ledger

__all__ = ["Audit"]


class Audit:
    """Writes lines of the audit log."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def note(
        self, actor: str, action: str, subject: str = "", *, result: str = "ok", ip: str = ""
    ) -> None:
        """Write one line in a transaction of its own."""
        entry = AuditEntry(actor=actor, action=action, object=subject, result=result, ip=ip)
        async with self._ledger.as_nobody() as connection:
            await write_audit(connection, entry)

    async def require(self, actor: Actor, action: Action, owner: str, subject: str) -> None:
        """Let the policy decide, and write down a refusal.

        Raises:
            NotAllowed: the actor may not do this.
        """
        if may(actor, action, owner):
            return
        await self.note(actor.name, action, subject, result="refused")
        # Of what is another's not even the existence is told.
        raise NotAllowed("your role may not do this" if owner == actor.name else "not found")
