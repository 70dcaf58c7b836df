"""TradingBots as manifests: judged by the models before they are sent, read with their defaults."""

import json
from collections.abc import Mapping
from typing import Any

from botcore.resources.defaults import apply_defaults
from botcore.resources.meta import API_VERSION, KIND
from botcore.resources.status import TradingBotStatus
from botcore.resources.validation import parse_trading_bot
from botdashboard.views.records import BotKey

__all__ = ["judged_spec", "manifest_of", "spec_with_defaults", "status_of"]


def manifest_of(key: BotKey, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Write the manifest of a bot."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": key.name, "namespace": key.namespace},
        "spec": dict(spec),
    }


def judged_spec(
    key: BotKey, spec: Mapping[str, Any], old: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Answer a spec with its defaults; `old` is the spec it replaces.

    Raises:
        InvalidInput: the API server would refuse it, in its words.
    """
    manifest = apply_defaults(manifest_of(key, spec))
    parse_trading_bot(manifest, None if old is None else manifest_of(key, old))
    judged: dict[str, Any] = manifest["spec"]
    return judged


def spec_with_defaults(key: BotKey, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a stored spec with its defaults."""
    filled: dict[str, Any] = apply_defaults(manifest_of(key, spec))["spec"]
    return filled


def status_of(status: Mapping[str, Any]) -> TradingBotStatus:
    """Read a stored status."""
    return TradingBotStatus.model_validate_json(json.dumps(status))
