"""Bots beside whose pod another one with their label was heard of; a list of the API server's decides (I1)."""

from botoperator.plan.manifests import BOT_LABEL, Kind, Manifest
from botoperator.ports import BotKey, child_keys

__all__ = ["Strangers", "is_stranger"]


class Strangers:
    """Remembers a hint until a look has acted on it; one that is lost comes again with the next full look."""

    def __init__(self) -> None:
        self._bots: set[BotKey] = set()

    def hear_of(self, child: Manifest) -> BotKey | None:
        """Take in an object with a bot's label; answers the bot if a stranger is beside its pod."""
        name = child.labels.get(BOT_LABEL)
        if child.kind is not Kind.POD or name is None:
            return None
        key = BotKey(child.namespace, name)
        if not is_stranger(child.name, key):
            return None
        self._bots.add(key)
        return key

    def add(self, key: BotKey) -> None:
        """Have the bot's pods listed by its next look."""
        self._bots.add(key)

    def take(self, key: BotKey) -> bool:
        """Tell whether the bot's pods are to be listed, and forget it: what is heard from now on counts anew."""
        was_heard_of = key in self._bots
        self._bots.discard(key)
        return was_heard_of


def is_stranger(pod: str, key: BotKey) -> bool:
    """Tell whether a pod of this name is none that the operator makes for the bot."""
    return pod not in child_keys(key).pods
