"""What happened to bots, told in the log, where there is no API server."""

import structlog

from botoperator.plan.notes import Note
from botoperator.ports import BotKey

__all__ = ["LogRecorder"]

log = structlog.get_logger(__name__)


class LogRecorder:
    """Writes a line for each note."""

    async def record(self, key: BotKey, uid: str, note: Note) -> None:  # noqa: ARG002 the name is enough in a log
        """Tell it."""
        tell = log.warning if note.is_warning else log.info
        tell("bot_event", bot=str(key), reason=note.reason, message=note.message)
