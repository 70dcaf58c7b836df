"""Which states of objects the operator wrote itself, so that hearing of them leads to no look."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

__all__ = ["Echoes"]

# What is never heard of, such as an Event, or what was written while a watch was down, is forgotten in time.
MOST = 4096


class Echoes:
    """Remembers writes by the uid and the version that the API server answered."""

    def __init__(self, most: int = MOST) -> None:
        """Remember so many."""
        self._most = most
        self._written: OrderedDict[tuple[str, str], None] = OrderedDict()

    def wrote(self, answer: Mapping[str, Any]) -> None:
        """Take in what a write was answered with."""
        metadata = answer.get("metadata") or {}
        if answer.get("kind") == "Event" or "uid" not in metadata:
            return
        self._written[metadata["uid"], str(metadata.get("resourceVersion"))] = None
        if len(self._written) > self._most:
            self._written.popitem(last=False)

    def is_own(self, uid: str, version: str) -> bool:
        """Tell whether the operator wrote this state."""
        return (uid, version) in self._written
