"""The only place that answers who may do what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

__all__ = ["ROLES", "Action", "Actor", "Scope", "may"]


class Scope(StrEnum):
    """What a personal access token is for; one does not include another."""

    READ = "read"
    TRADE = "trade"
    KEYS = "keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person a live session or a token belongs to; every use case is bound to one."""

    user_id: UUID
    name: str
    role: str
    session: bytes = field(repr=False)
    """What the database knows the session by, or the token where there are scopes."""
    csrf_token: str = field(repr=False)
    ip: str = ""
    """Where the request comes from."""
    notices: int = 0
    """How many changes of the account's security there are to be told of (SEC-45)."""
    scopes: frozenset[Scope] | None = None
    """Of a token; a session has none, it is for everything."""
    token: str = ""
    """The label of that token."""


class Action(StrEnum):
    """What can be done; the values name the lines of the audit log."""

    VIEW_BOT = "bot.view"
    CREATE_BOT = "bot.create"
    CHANGE_BOT = "bot.change"
    SET_STATE = "bot.state"
    DELETE_BOT = "bot.delete"
    HALT = "halt.set"
    CLEAR_HALT = "halt.clear"
    ADD_KEY = "key.add"
    VIEW_KEY = "key.view"
    REPLACE_KEY = "key.replace"
    CHECK_KEY = "key.check"
    REVOKE_KEY = "key.revoke"
    GRANT_LIVE = "live.grant"
    REVOKE_LIVE = "live.revoke"
    MANAGE_USERS = "users.manage"
    VIEW_AUDIT = "audit.view"
    VIEW_ALL_AUDIT = "audit.view-all"
    MANAGE_TOKENS = "token.manage"


ROLES = ("trader", "viewer", "admin")
_OF_ADMINS = frozenset({Action.MANAGE_USERS, Action.VIEW_ALL_AUDIT})
_OF_VIEWERS = frozenset(
    {
        Action.VIEW_BOT, Action.VIEW_KEY, Action.VIEW_AUDIT, Action.MANAGE_TOKENS,
        Action.HALT, Action.REVOKE_KEY, Action.REVOKE_LIVE,
    }
)  # fmt: skip
# What no scope names, a token can't do: accounts, tokens and leave for real money.
_OF_SCOPES: Mapping[Scope, frozenset[Action]] = {
    Scope.READ: frozenset({Action.VIEW_BOT, Action.VIEW_KEY, Action.VIEW_AUDIT}),
    Scope.TRADE: frozenset(
        {Action.CREATE_BOT, Action.CHANGE_BOT, Action.SET_STATE, Action.DELETE_BOT}
    ),
    Scope.KEYS: frozenset({Action.ADD_KEY, Action.REVOKE_KEY}),
}


def may(actor: Actor, action: Action, owner: str = "") -> bool:
    """Tell whether the actor may do this to what `owner` owns.

    An admin manages accounts and owns his own bots; other people's bots, trades and keys are as
    closed to him as to anyone (SEC-39). A viewer looks at what others set up for him, and may always
    stop it. A token may what its person may and its scopes name.
    """
    if actor.scopes is not None and not any(action in _OF_SCOPES[one] for one in actor.scopes):
        return False
    if action in _OF_ADMINS:
        return actor.role == "admin"
    if actor.role == "viewer" and action not in _OF_VIEWERS:
        return False
    return bool(owner) and actor.name == owner
