"""The names of a bot's children: made from its name alone (I1)."""

from dataclasses import dataclass

__all__ = ["CHILD_PREFIX", "ChildNames", "child_names"]

CHILD_PREFIX = "tb-"
# No bot's name can make a child's name begin like this.
SUCCESSOR_PREFIX = "tb2-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildNames:
    """The names of the objects the operator makes for one bot."""

    pod: str
    secret: str
    config_map: str
    successor: str | None = None
    """The pod's other name, for while a pod on a lost node keeps the first."""


def child_names(bot_name: str) -> ChildNames:
    """Name the children of a bot; its name is a checked RFC 1123 label of at most 50 characters."""
    stem = f"{CHILD_PREFIX}{bot_name}"
    return ChildNames(
        pod=stem,
        secret=f"{stem}-creds",
        config_map=f"{stem}-cfg",
        successor=f"{SUCCESSOR_PREFIX}{bot_name}",
    )
