"""An admin's measures: invitations, links that renew an account, disabling and enabling."""

from uuid import UUID

from botcore.domain.errors import InvalidInput, NotAllowed, NotFound
from botcore.ledger import api_tokens, keys, sessions, users
from botcore.ledger.connect import Connection
from botcore.ledger.halts import HaltSubject, set_halt
from botcore.ledger.users import AuditEntry, Person
from botdashboard.access.policy import ROLES, Action, Actor
from botdashboard.access.tokens import INVITE_LIFETIME, RENEWAL_LIFETIME, hash_token, new_token
from botdashboard.ports import Ledger
from botdashboard.services.audit import Audit
from botdashboard.services.sessions import Sessions

__all__ = ["Accounts"]


class Accounts:
    """Lets admins manage accounts, and nothing of what they own (SEC-39)."""

    def __init__(self, ledger: Ledger, audit: Audit, sessions_: Sessions) -> None:
        self._ledger = ledger
        self._audit = audit
        self._sessions = sessions_

    async def list_people(self, actor: Actor) -> list[Person]:
        """List the accounts; nothing of what they own."""
        await self._audit.require(actor, Action.MANAGE_USERS, "", "")
        async with self._ledger.as_user(actor) as connection:
            return await users.list_users(connection)

    async def invite(self, actor: Actor, role: str) -> str:
        """Make a one-time link for a second person and answer its token (SEC-37)."""
        await self._audit.require(actor, Action.MANAGE_USERS, "", "")
        if role not in ROLES:
            raise InvalidInput.of("role", f"must be one of {', '.join(ROLES)}")
        token = new_token()
        async with self._ledger.as_user(actor) as connection:
            await users.insert_invite(
                connection, hash_token(token), role, actor.user_id, INVITE_LIFETIME
            )
            entry = AuditEntry(actor=actor.name, action="invite", object=role)
            await users.write_audit(connection, entry)
        return token

    async def renewal_link(self, actor: Actor, user_id: UUID) -> str:
        """Make a one-time link with which a person takes a new password, and answer its token (SEC-34).

        For someone who lost theirs or a second factor; who that is, the admin has to know from
        elsewhere.

        Raises:
            InvalidInput: the account is disabled.
        """
        await self._audit.require(actor, Action.MANAGE_USERS, "", "")
        token = new_token()
        async with self._ledger.as_user(actor) as connection:
            person = await _find(connection, user_id)
            if person.disabled:
                raise InvalidInput.of("account", "is disabled: enable it first")
            await users.insert_renewal(
                connection, hash_token(token), user_id, actor.user_id, RENEWAL_LIFETIME
            )
            entry = _about(actor, "account.renewal-link", person)
            await users.write_audit(connection, entry)
        return token

    async def disable(self, actor: Actor, user_id: UUID) -> None:
        """Disable an account: its bots halt, its keys and tokens are revoked, its sessions end.

        Raises:
            NotAllowed: it is the last admin's (SEC-41).
        """
        await self._audit.require(actor, Action.MANAGE_USERS, "", "")
        async with self._ledger.as_user(actor) as connection:
            person = await _find(connection, user_id)
            if person.disabled:
                return
            if person.role == "admin" and not await users.other_admin_exists(connection, user_id):
                raise NotAllowed("the last admin can't be disabled")
            # Row level security lets only the owner's transaction touch his rows.
            await sessions.act_for(connection, user_id)
            reason = f"account disabled by {actor.name}"
            await set_halt(
                connection, HaltSubject.of_owner(person.name), reason=reason, set_by=actor.name
            )
            await keys.revoke_all_keys(connection)
            ended = await sessions.delete_sessions_of(connection, user_id)
            await users.set_disabled(connection, user_id, disabled=True)
            await api_tokens.revoke_tokens_of(connection, user_id)
            entry = _about(actor, "account.disable", person)
            await users.write_audit(connection, entry)
        self._sessions.ended(ended)

    async def enable(self, actor: Actor, user_id: UUID) -> None:
        """Enable an account again; its halt stays until its owner clears it."""
        await self._audit.require(actor, Action.MANAGE_USERS, "", "")
        async with self._ledger.as_user(actor) as connection:
            person = await _find(connection, user_id)
            await users.set_disabled(connection, user_id, disabled=False)
            entry = _about(actor, "account.enable", person)
            await users.write_audit(connection, entry)


async def _find(connection: Connection, user_id: UUID) -> Person:
    person = await users.find_user(connection, user_id)
    if person is None:
        raise NotFound("there is no such account")
    return person


def _about(actor: Actor, action: str, person: Person) -> AuditEntry:
    return AuditEntry(actor=actor.name, action=action, object=person.name, concerns=person.name)
