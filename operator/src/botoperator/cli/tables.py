"""Text for people: columns and ages as kubectl writes them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

__all__ = ["COLUMNS", "WIDE_COLUMNS", "age", "bot_row", "describe", "table"]

COLUMNS = ("NAME", "STATE", "MODE", "PHASE", "READY", "EQUITY", "TODAY", "POSITIONS", "AGE")
WIDE_COLUMNS = (*COLUMNS, "OWNER", "REASON")
MINUTE, HOUR, DAY = 60, 3600, 86_400
UNITS = ((2 * MINUTE, 1, "s"), (3 * HOUR, MINUTE, "m"), (2 * DAY, HOUR, "h"))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Align columns by three spaces."""
    lines = [header, *rows]
    widths = [max(len(line[index]) for line in lines) for index in range(len(header))]
    return "\n".join(
        "   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def bot_row(
    bot: Mapping[str, Any], now: datetime, *, wide: bool = False, with_namespace: bool = False
) -> tuple[str, ...]:
    """Write one bot's line; an empty cell is empty, as kubectl's."""
    metadata, spec, status = bot["metadata"], bot["spec"], bot.get("status") or {}
    trading, ready = status.get("trading") or {}, _condition(status, "Ready")
    row: tuple[str, ...] = (
        metadata["name"],
        spec["desiredState"],
        spec["mode"],
        status.get("phase", ""),
        ready.get("status", ""),
        trading.get("equity", ""),
        trading.get("todayPnL", ""),
        str(trading.get("openPositions", "")),
        age(datetime.fromisoformat(metadata["creationTimestamp"]), now),
    )
    if wide:
        row = (*row, spec["owner"], ready.get("reason", ""))
    return (metadata["namespace"], *row) if with_namespace else row


def describe(bot: Mapping[str, Any], halts: Sequence[str], now: datetime) -> str:
    """Write everything a person may want to know about one bot."""
    metadata, spec, status = bot["metadata"], bot["spec"], bot.get("status") or {}
    pod, trading = status.get("pod") or {}, status.get("trading") or {}
    facts = [
        ("Name", metadata["name"]),
        ("Namespace", metadata["namespace"]),
        ("Uid", metadata["uid"]),
        ("Age", age(datetime.fromisoformat(metadata["creationTimestamp"]), now)),
        ("Deletion", metadata.get("deletionTimestamp", "")),
        ("Owner", spec["owner"]),
        ("Generation", f"{metadata['generation']} (seen {status.get('observedGeneration', '-')})"),
        ("State", spec["desiredState"]),
        ("Mode", spec["mode"]),
        ("Phase", status.get("phase", "")),
        ("Pod", f"{pod['name']} restarts {pod.get('restarts', 0)}" if pod else ""),
        ("Equity", _amount(trading.get("equity"), spec)),
        ("Today", _amount(trading.get("todayPnL"), spec)),
        ("Total", _amount(trading.get("totalPnL"), spec)),
        ("Positions", str(trading.get("openPositions", ""))),
        ("Open orders", str(trading.get("openOrders", ""))),
    ]
    parts = ["\n".join(f"{name + ':':13}{value}".rstrip() for name, value in facts)]
    parts.append("Strategies:\n" + _strategies(spec))
    parts.append("Conditions:\n" + _conditions(status))
    if halts:
        parts.append("Halts:\n" + "\n".join(f"  {halt}" for halt in halts))
    return "\n".join(parts)


def age(since: datetime, now: datetime) -> str:
    """Write a duration as kubectl does: 95s, 12m, 30h, 4d."""
    seconds = max(int((now - since).total_seconds()), 0)
    for limit, unit, letter in UNITS:
        if seconds < limit:
            return f"{seconds // unit}{letter}"
    return f"{seconds // DAY}d"


def _condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found = (one for one in status.get("conditions") or () if one["type"] == kind)
    return next(found, {})


def _amount(value: str | None, spec: Mapping[str, Any]) -> str:
    return f"{value} {spec['quoteAsset']}" if value is not None else ""


def _strategies(spec: Mapping[str, Any]) -> str:
    rows = [
        (one["name"], one["type"], ",".join(one["symbols"]), one["interval"], one["capital"])
        for one in spec["strategies"]
    ]
    return _indented(table(("NAME", "TYPE", "SYMBOLS", "INTERVAL", "CAPITAL"), rows))


def _conditions(status: Mapping[str, Any]) -> str:
    rows = [
        (one["type"], one["status"], one["reason"], one.get("message", ""))
        for one in status.get("conditions") or ()
    ]
    return _indented(table(("TYPE", "STATUS", "REASON", "MESSAGE"), rows))


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))
