"""Refusals and measures go to the audit log, each with who, what and from where; who may read them."""

from collections.abc import Mapping
from typing import Any

from botcore.domain.errors import NotAllowed
from botcore.ledger import audit
from botcore.ledger.audit import AuditFilter
from botcore.ledger.report_rows import AuditRow
from botcore.ledger.users import AuditEntry, write_audit
from botdashboard.access.policy import Action, Actor, may
from botdashboard.ports import Ledger

__all__ = ["Audit"]

MOST_NOTICES = 20


class Audit:
    """Writes and reads lines of the audit log."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def note(
        self,
        actor: Actor | str,
        action: str,
        subject: str = "",
        *,
        result: str = "ok",
        ip: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one line in a transaction of its own; of a person it also says with which token."""
        name = actor
        known = dict(detail or {})
        if isinstance(actor, Actor):
            name, ip = actor.name, actor.ip
            if actor.token:
                known["token"] = actor.token
        entry = AuditEntry(
            actor=str(name), action=action, object=subject, result=result, ip=ip, detail=known
        )
        async with self._ledger.as_nobody() as connection:
            await write_audit(connection, entry)

    async def require(self, actor: Actor, action: Action, owner: str, subject: str) -> None:
        """Let the policy decide, and write down a refusal.

        Raises:
            NotAllowed: the actor may not do this.
        """
        if may(actor, action, owner):
            return
        await self.note(actor, action, subject, result="refused")
        # Of what is another's not even the existence is told.
        if owner not in {"", actor.name}:
            raise NotAllowed("not found")
        if actor.scopes is not None:
            held = ", ".join(sorted(actor.scopes))
            raise NotAllowed(f"this token may not do this: its scopes are {held}")
        raise NotAllowed("your role may not do this" if owner else "not found")

    async def page(
        self, actor: Actor, wanted: AuditFilter, limit: int
    ) -> tuple[list[AuditRow], int | None]:
        """Read one page of lines, newest first, and where the next begins (SEC-65).

        Raises:
            NotAllowed: it wants lines of others, and who acts is no admin.
        """
        whole = wanted.name != actor.name
        action = Action.VIEW_ALL_AUDIT if whole else Action.VIEW_AUDIT
        await self.require(actor, action, actor.name, wanted.name or "everybody")
        async with self._ledger.as_user(actor) as connection:
            rows = await audit.list_audit(connection, wanted, limit + 1)
        return rows[:limit], rows[limit - 1].id if len(rows) > limit else None

    async def notices(self, actor: Actor) -> list[AuditRow]:
        """List what has changed of the account's security since its person last looked (SEC-45)."""
        async with self._ledger.as_user(actor) as connection:
            return await audit.list_notices(connection, actor.user_id, MOST_NOTICES)

    async def seen(self, actor: Actor, last: int) -> None:
        """Note that the person has seen them, up to a line."""
        async with self._ledger.as_user(actor) as connection:
            await audit.mark_notices(connection, actor.user_id, last)
