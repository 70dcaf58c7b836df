"""What was there when the last look at a bot had nothing to do: while all of it is the same, no other look has."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botoperator.plan.conditions import HEARTBEAT_LIFE_SECONDS
from botoperator.plan.manifests import Manifest
from botoperator.plan.observed import Figures, LedgerView
from botoperator.ports import BotKey

__all__ = ["Seen", "Settled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One bot at one moment: as it is stored, its children, what the ledger says, and whether its figures were read."""

    bot: Manifest
    children: tuple[Manifest | None, ...]
    ledger: LedgerView
    with_figures: bool


class Settled:
    """Remembers by digests; what a look depends on besides is told by timers of its own.

    Objects without versions, as on one host, are never known again.
    """

    def __init__(self) -> None:
        self._digests: dict[BotKey, bytes] = {}
        self._figures: dict[BotKey, Figures] = {}

    def note(self, key: BotKey, seen: Seen) -> None:
        """Take in what a look had nothing to do about."""
        digest = _digest(seen)
        self.forget(key)
        if digest is None:
            return
        self._digests[key] = digest
        if seen.with_figures and seen.ledger.figures.equity is not None:
            self._figures[key] = seen.ledger.figures

    def forget(self, key: BotKey) -> None:
        """Have the bot looked at."""
        self._digests.pop(key, None)
        self._figures.pop(key, None)

    def keep_only(self, keys: Mapping[BotKey, Any]) -> None:
        """Forget every bot that is not among these."""
        for key in self._digests.keys() - keys.keys():
            self.forget(key)

    def holds(self, key: BotKey, seen: Seen) -> bool:
        """Tell whether everything is as it was noted; figures count when they were read."""
        digest = self._digests.get(key)
        if digest is None or digest != _digest(seen):
            return False
        figures = seen.ledger.figures
        return not seen.with_figures or figures.equity is None or figures == self._figures.get(key)


def _digest(seen: Seen) -> bytes | None:
    objects = [seen.bot, *(one for one in seen.children if one is not None)]
    if not all(one.version for one in objects):
        return None
    versions = sorted((one.kind_name, str(one.uid), one.version) for one in objects)
    text = repr((versions, _told(seen.ledger)))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _told(ledger: LedgerView) -> tuple[object, ...]:
    beat = ledger.heartbeat
    said = beat and (
        beat.state,
        beat.reason,
        beat.generation,
        beat.problems,
        beat.key_version,
        beat.age_seconds > HEARTBEAT_LIFE_SECONDS,
    )
    return (
        ledger.owner_is_known,
        ledger.owner_is_disabled,
        ledger.login,
        ledger.lease,
        ledger.halts,
        ledger.grant,
        ledger.figures.open_positions == 0,
        said,
    )
