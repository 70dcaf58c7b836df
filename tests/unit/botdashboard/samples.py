"""Records for the tests of views."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from botcore.ledger.report_rows import Figures, HaltRow
from botcore.resources.status import TradingBotStatus
from botdashboard.views.records import BotKey, BotRecord
from tests.support.manifests import a_bot

__all__ = ["NOW", "UID", "a_halt", "a_record", "a_status", "some_figures"]

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
UID = uuid.UUID(int=7)


def a_status(**conditions: str) -> TradingBotStatus:
    """Return a status with these conditions, each with a message."""
    return TradingBotStatus.model_validate(
        {
            "phase": "Running",
            "conditions": tuple(
                {
                    "type": name,
                    "status": status,
                    "reason": "Because",
                    "message": f"about {name}",
                    "lastTransitionTime": NOW,
                }
                for name, status in conditions.items()
            ),
        },
        strict=False,
    )


def a_record(**changes: Any) -> BotRecord:
    """Return a bot of alice."""
    values: dict[str, Any] = {
        "key": BotKey(namespace="kbots-bots", name="trend"),
        "uid": UID,
        "generation": 3,
        "spec": {**a_bot("trend", owner="alice")["spec"], "quoteAsset": "USDT", "desiredState": "Running"},
        "status": TradingBotStatus(),
        "created_at": NOW,
        "is_deleting": False,
    }  # fmt: skip
    return BotRecord(**values | changes)


def some_figures(**changes: Any) -> Figures:
    """Return the figures of that bot."""
    values: dict[str, Any] = {
        "bot_uid": UID,
        "state": "Running",
        "state_reason": "",
        "generation": 3,
        "epoch": 1,
        "heartbeat_at": NOW,
        "equity": Decimal("10010.5"),
        "equity_at": NOW,
        "today_pnl": Decimal("-3.25"),
        "total_pnl": Decimal("10.5"),
        "open_positions": 1,
    }
    return Figures(**values | changes)


def a_halt(scope: str = "bot", subject: str = str(UID)) -> HaltRow:
    """Return a halt."""
    return HaltRow(scope=scope, subject=subject, reason="too wild", set_by="alice", set_at=NOW)
