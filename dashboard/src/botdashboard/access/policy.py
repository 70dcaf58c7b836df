"""The only place that answers who may do what."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

__all__ = ["ROLES", "Action", "Actor", "may"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person a live session belongs to; every use case is bound to one."""

    user_id: UUID
    name: str
    role: str
    session: bytes = field(repr=False)
    csrf_token: str = field(repr=False)


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


ROLES = ("trader", "viewer", "admin")
_OF_VIEWERS = frozenset(
    {Action.VIEW_BOT, Action.HALT, Action.VIEW_KEY, Action.REVOKE_KEY, Action.REVOKE_LIVE}
)


def may(actor: Actor, action: Action, owner: str = "") -> bool:
    """Tell whether the actor may do this to what `owner` owns.

    An admin manages accounts and owns his own bots; other people's bots, trades and keys are as
    closed to him as to anyone (SEC-39). A viewer looks at what others set up for him, and may always
    stop it.
    """
    if action is Action.MANAGE_USERS:
        return actor.role == "admin"
    if actor.role == "viewer" and action not in _OF_VIEWERS:
        return False
    return bool(owner) and actor.name == owner
