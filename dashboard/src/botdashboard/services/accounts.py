"""Accounts: the first admin, invitations, and an admin's measures against an account."""

import re
from dataclasses import dataclass, field
from uuid import UUID

from botcore.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from botcore.ledger import keys, sessions, users
from botcore.ledger.connect import Connection
from botcore.ledger.halts import HaltSubject, set_halt
from botcore.ledger.users import AuditEntry, Person
from botdashboard.access.passwords import Passwords, check_rules
from botdashboard.access.policy import Action, Actor, may
from botdashboard.access.tokens import INVITE_LIFETIME, SETUP_LIFETIME, hash_token, new_token
from botdashboard.ports import Ledger
from botdashboard.services.sessions import Caller, Sessions

__all__ = ["Accounts", "NewAccount", "make_setup_token"]

_ROLES = ("admin", "trader")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?")
_NAME_RULE = "must be 1 to 32 small letters, digits and dashes, without a dash at either end"
_GONE = "this link is not valid, was used already or is too old: ask for a new one"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What a person fills in on a one-time link."""

    name: str
    password: str = field(repr=False)
    repeated: str = field(repr=False)


async def make_setup_token(connection: Connection) -> str | None:
    """Make the one-time link of the first admin, or None: there is an account already (SEC-38)."""
    if await users.any_user_exists(connection):
        return None
    token = new_token()
    await users.insert_invite(connection, hash_token(token), "admin", None, SETUP_LIFETIME)
    await users.write_audit(connection, AuditEntry(actor="console", action="setup-link"))
    return token


class Accounts:
    """Makes accounts from one-time links, and lets admins manage them."""

    def __init__(self, ledger: Ledger, passwords: Passwords, sessions_: Sessions) -> None:
        self._ledger = ledger
        self._passwords = passwords
        self._sessions = sessions_

    async def is_usable(self, token: str) -> bool:
        """Tell whether a link can still be used; asking does not use it up."""
        async with self._ledger.as_nobody() as connection:
            invite = await users.find_invite(connection, hash_token(token))
            if invite is None:
                return False
            return invite.created_by is not None or not await users.any_user_exists(connection)

    async def accept(self, token: str, new: NewAccount, caller: Caller) -> str:
        """Make the account of a link and answer the token of its first session.

        Raises:
            InvalidInput: the name or the password is refused; the link stays usable.
            NotFound: the link can't be used.
        """
        if not _NAME.fullmatch(new.name):
            raise InvalidInput.of("name", _NAME_RULE)
        if new.password != new.repeated:
            raise InvalidInput.of("repeated", "must be the same password again")
        check_rules(new.password, new.name)
        if not await self.is_usable(token):
            raise NotFound(_GONE)
        password_hash = await self._passwords.hash(new.password)
        try:
            return await self._make(token, new.name, password_hash, caller)
        except Conflict:
            raise InvalidInput.of("name", "is taken") from None

    async def _make(self, token: str, name: str, password_hash: str, caller: Caller) -> str:
        async with self._ledger.as_nobody() as connection:
            invite = await users.take_invite(connection, hash_token(token))
            if invite is None:
                raise NotFound(_GONE)
            if invite.created_by is None and await users.any_user_exists(connection):
                raise NotFound(_GONE)
            user_id = await users.insert_user(connection, name, invite.role, password_hash)
            entry = AuditEntry(actor=name, action="account.create", object=name, ip=caller.ip)
            await users.write_audit(connection, entry)
            return await self._sessions.begin(connection, user_id, caller)

    async def list_people(self, actor: Actor) -> list[Person]:
        """List the accounts; nothing of what they own."""
        self._check(actor)
        async with self._ledger.as_user(actor) as connection:
            return await users.list_users(connection)

    async def invite(self, actor: Actor, role: str) -> str:
        """Make a one-time link for a second person and answer its token (SEC-37)."""
        self._check(actor)
        if role not in _ROLES:
            raise InvalidInput.of("role", "must be admin or trader")
        token = new_token()
        async with self._ledger.as_user(actor) as connection:
            await users.insert_invite(
                connection, hash_token(token), role, actor.user_id, INVITE_LIFETIME
            )
            entry = AuditEntry(actor=actor.name, action="invite", object=role)
            await users.write_audit(connection, entry)
        return token

    async def disable(self, actor: Actor, user_id: UUID) -> None:
        """Disable an account: its bots halt, its keys are revoked, its sessions end.

        Raises:
            NotAllowed: it is the last admin's (SEC-41).
        """
        self._check(actor)
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
            entry = AuditEntry(actor=actor.name, action="account.disable", object=person.name)
            await users.write_audit(connection, entry)
        self._sessions.ended(ended)

    async def enable(self, actor: Actor, user_id: UUID) -> None:
        """Enable an account again; its halt stays until its owner clears it."""
        self._check(actor)
        async with self._ledger.as_user(actor) as connection:
            person = await _find(connection, user_id)
            await users.set_disabled(connection, user_id, disabled=False)
            entry = AuditEntry(actor=actor.name, action="account.enable", object=person.name)
            await users.write_audit(connection, entry)

    def _check(self, actor: Actor) -> None:
        if not may(actor, Action.MANAGE_USERS):
            raise NotAllowed("only an admin may do this")


async def _find(connection: Connection, user_id: UUID) -> Person:
    person = await users.find_user(connection, user_id)
    if person is None:
        raise NotFound("there is no such account")
    return person
