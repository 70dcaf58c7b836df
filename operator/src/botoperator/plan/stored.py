"""A stored TradingBot, parsed; a status nobody understands is as good as none."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from botcore.resources.status import TradingBotStatus
from botcore.resources.trading_bot import TradingBot
from botcore.resources.validation import parse_trading_bot

__all__ = ["parse_status", "parse_stored"]


def parse_stored(manifest: Mapping[str, Any]) -> TradingBot:
    """Parse a manifest as it is stored.

    Raises:
        InvalidInput: its spec breaks today's rules.
    """
    bot = parse_trading_bot({key: value for key, value in manifest.items() if key != "status"})
    return bot.model_copy(update={"status": parse_status(manifest.get("status"))})


def parse_status(status: Mapping[str, Any] | None) -> TradingBotStatus | None:
    """Parse a status; None if there is none or it can't be understood, since it is derived anew anyway."""
    if not status:
        return None
    try:
        return TradingBotStatus.model_validate_json(
            json.dumps(status), by_alias=True, by_name=False
        )
    except ValidationError:
        return None
