"""What the views take of a TradingBot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from botcore.resources.status import TradingBotStatus

__all__ = ["BotKey", "BotRecord"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class BotKey:
    """Names one TradingBot."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BotRecord:
    """A TradingBot as the dashboard reads it; `spec` is the manifest's, with its defaults."""

    key: BotKey
    uid: UUID
    generation: int
    spec: Mapping[str, Any]
    status: TradingBotStatus
    created_at: datetime
    is_deleting: bool

    @property
    def owner(self) -> str:
        """Whose bot it is."""
        return str(self.spec.get("owner", ""))
