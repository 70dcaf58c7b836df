"""One-time links: the first admin's, invitations, and those that renew an account (SEC-34, SEC-37, SEC-38)."""

import asyncio
import re
from dataclasses import dataclass, field
from uuid import UUID

from botcore.domain.errors import Conflict, InvalidInput, NotFound
from botcore.ledger import api_tokens, second_factors, sessions, users
from botcore.ledger.connect import Connection
from botcore.ledger.users import AuditEntry, Invite
from botdashboard.access.password_rules import check_rules
from botdashboard.access.passwords import Passwords
from botdashboard.access.tokens import SETUP_LIFETIME, hash_token, new_token
from botdashboard.ports import Ledger
from botdashboard.services.sessions import Caller, Sessions

__all__ = ["Links", "NewAccount", "make_setup_token"]

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?")
_NAME_RULE = "must be 1 to 32 small letters, digits and dashes, without a dash at either end"
_NOBODY = frozenset({"console", "unknown"})  # who acts where the audit log knows no account
_GONE = "this link is not valid, was used already or is too old: ask for a new one"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What a person fills in on a one-time link; the name of an account that is renewed stays."""

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


class Links:
    """Looks at one-time links and uses them up."""

    def __init__(self, ledger: Ledger, passwords: Passwords, sessions_: Sessions) -> None:
        self._ledger = ledger
        self._passwords = passwords
        self._sessions = sessions_

    async def find(self, token: str) -> Invite | None:
        """Find a link that can still be used; looking does not use it up."""
        async with self._ledger.as_nobody() as connection:
            return await _usable(connection, await users.find_invite(connection, hash_token(token)))

    async def accept(self, token: str, new: NewAccount, caller: Caller) -> str:
        """Make or renew the account of a link and answer the token of its first session.

        Raises:
            InvalidInput: the name or the password is refused; the link stays usable.
            NotFound: the link can't be used.
        """
        link = await self.find(token)
        if link is None:
            raise NotFound(_GONE)
        name = link.name or new.name
        if not _NAME.fullmatch(name) or name in _NOBODY:
            raise InvalidInput.of("name", "is taken" if name in _NOBODY else _NAME_RULE)
        if new.password != new.repeated:
            raise InvalidInput.of("repeated", "must be the same password again")
        await asyncio.to_thread(check_rules, new.password, name)
        password_hash = await self._passwords.hash(new.password)
        ended: list[bytes] = []
        try:
            async with self._ledger.as_nobody() as connection:
                taken = await users.take_invite(connection, hash_token(token))
                link = await _usable(connection, taken)
                if link is None:
                    raise NotFound(_GONE)
                if link.user_id is None:
                    user_id = await users.insert_user(connection, name, link.role, password_hash)
                else:
                    user_id = link.user_id
                    ended = await _renew(connection, user_id, password_hash)
                action = "account.renew" if link.user_id else "account.create"
                entry = AuditEntry(actor=name, action=action, object=name, ip=caller.ip)
                await users.write_audit(connection, entry)
                session = await self._sessions.begin(connection, user_id, caller)
        except Conflict:
            raise InvalidInput.of("name", "is taken") from None
        self._sessions.ended(ended)
        return session


async def _usable(connection: Connection, link: Invite | None) -> Invite | None:
    if link is None:
        return None
    if link.created_by is None and await users.any_user_exists(connection):
        return None  # the first admin is there
    if link.user_id is not None:
        person = await users.find_user(connection, link.user_id)
        if person is None or person.disabled:
            return None
    return link


async def _renew(connection: Connection, user_id: UUID, password_hash: str) -> list[bytes]:
    await users.set_password_hash(connection, user_id, password_hash)
    await second_factors.delete_factor(connection, user_id)
    await api_tokens.revoke_tokens_of(connection, user_id)
    return await sessions.delete_sessions_of(connection, user_id)
