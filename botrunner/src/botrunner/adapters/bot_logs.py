"""Copies the runner's log lines for the dashboard; the ledger's writer takes them from here."""

from collections import deque
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from typing import Any, Final

import structlog

from botcore.runtime.clock import Clock

__all__ = ["BotLogs", "LogRow", "copy_logs"]

LogRow = tuple[datetime, str, str, Mapping[str, object]]
"""Instant, level, event, fields."""

_MOST_WAITING: Final = 1_000
_LONGEST_FIELD: Final = 2_000
_LEVELS: Final = frozenset({"info", "warning", "error", "critical"})
_NOT_FIELDS: Final = frozenset({"timestamp", "level", "event", "service"})


class BotLogs:
    """A structlog processor that keeps INFO and above; when nobody takes them, the oldest go."""

    def __init__(self, clock: Clock, *, most_waiting: int = _MOST_WAITING) -> None:
        """Keep at most this many rows."""
        self._clock = clock
        self._rows: deque[LogRow] = deque(maxlen=most_waiting)
        self._dropped = 0

    def __call__(
        self, _logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Copy an event and pass it on untouched."""
        level = str(event.get("level", method))
        if level in _LEVELS:
            self._dropped += len(self._rows) == self._rows.maxlen
            fields = {
                key: value if isinstance(value, int) else str(value)[:_LONGEST_FIELD]
                for key, value in event.items()
                if key not in _NOT_FIELDS and value is not None
            }
            self._rows.append((self._clock.now(), level, str(event.get("event", "")), fields))
        return event

    def drain(self, most: int = 200) -> tuple[LogRow, ...]:
        """Take the oldest rows away, preceded by one that counts the dropped ones."""
        rows = [self._rows.popleft() for _ in range(min(most, len(self._rows)))]
        if self._dropped:
            notice = (self._clock.now(), "warning", "log_rows_dropped", {"count": self._dropped})
            self._dropped = 0
            return (notice, *rows)
        return tuple(rows)


def copy_logs(rows: BotLogs) -> None:
    """Insert the copy behind the processors that `configure_logging` set, the dropping of secrets among them."""
    *processors, renderer = structlog.get_config()["processors"]
    structlog.configure(processors=[*processors, rows, renderer])
