"""What a watch tells of a TradingBot: enough to know whether somebody waits for a look at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botcore.resources.meta import HALT_ANNOTATION

__all__ = ["BotHint", "hint_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BotHint:
    """One state of a bot: which, whether a person wants something by it, and whether it merely stood in a list."""

    uid: str
    version: str
    is_wanted: bool = False
    is_listed: bool = False


def hint_of(event: str | None, body: Mapping[str, Any]) -> BotHint:
    """Judge what a watch told; `event` is ADDED, MODIFIED or DELETED, and None for a list."""
    metadata = body.get("metadata") or {}
    seen = (body.get("status") or {}).get("observedGeneration")
    # A bot without a status is new, and one of many, maybe; what was looked at before has somebody who waits.
    is_changed = seen is not None and seen != metadata.get("generation")
    is_told = HALT_ANNOTATION in (metadata.get("annotations") or {})
    is_leaving = metadata.get("deletionTimestamp") is not None
    return BotHint(
        uid=str(metadata.get("uid")),
        version=str(metadata.get("resourceVersion")),
        is_wanted=event == "MODIFIED" and (is_changed or is_told or is_leaving),
        is_listed=event is None,
    )
