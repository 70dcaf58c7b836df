"""Good and bad TradingBots; each is judged by the CRD and by the models, which must agree."""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "samples"

BOT: dict[str, Any] = {
    "apiVersion": "kbots.dev/v1alpha1",
    "kind": "TradingBot",
    "metadata": {"name": "alice", "namespace": "kbots-bots"},
    "spec": {
        "owner": "alice",
        "paper": {"balances": {"USDT": "10000"}},
        "strategies": [
            {
                "name": "btc-trend",
                "type": "ema-cross",
                "symbols": ["BTCUSDT"],
                "interval": "1h",
                "capital": "500",
                "params": {"fast": 12, "slow": 48},
            },
            {
                "name": "eth-dca",
                "type": "dca",
                "symbols": ["ETHUSDT"],
                "interval": "1d",
                "capital": "300",
                "params": {"amount": "10"},
            },
        ],
    },
}


@dataclass(frozen=True)
class Sample:
    """A manifest, the one it replaces, and what every judge must say (nothing = accepted)."""

    name: str
    manifest: dict[str, Any]
    old: dict[str, Any] | None
    says: tuple[str, ...]

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


def a_bot(change: dict[str, Any] | None = None, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Build a good paper bot with fields changed or taken out; keys are dotted paths."""
    bot = copy.deepcopy(BOT)
    for path, value in (change or {}).items():
        parent, name = _parent(bot, path)
        parent[name] = copy.deepcopy(value)
    for path in without:
        parent, name = _parent(bot, path)
        del parent[name]
    return bot


def load_samples(file: str) -> tuple[Sample, ...]:
    """Read one file of samples."""
    entries = yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))
    return tuple(_sample(entry) for entry in entries)


def _parent(bot: dict[str, Any], path: str) -> tuple[dict[str, Any], str]:
    *parts, name = path.split(".")
    for part in parts:
        bot = bot[part]
    return bot, name


def _sample(entry: dict[str, Any]) -> Sample:
    replaces = entry.get("replaces")
    return Sample(
        name=entry["name"],
        manifest=a_bot(entry.get("change"), tuple(entry.get("without", ()))),
        old=None if replaces is None else a_bot(replaces),
        says=tuple(entry.get("says", ())),
    )


ACCEPTED = load_samples("accepted.yaml")
MALFORMED = load_samples("malformed.yaml")
BROKEN_RULES = load_samples("broken-rules.yaml")
UNKNOWN_FIELDS = load_samples("unknown-fields.yaml")
REFUSED = MALFORMED + BROKEN_RULES + UNKNOWN_FIELDS
