"""A bot as its card and its page show it: wanted, actual, why, and its figures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from botcore.ledger.report_rows import Figures, HaltRow
from botcore.resources.meta import Condition, ConditionStatus
from botcore.resources.status import BotPhase, ConditionType
from botdashboard.views.formats import age_text, money_text, profit_text, tone_of
from botdashboard.views.records import BotKey, BotRecord

__all__ = ["BotCard", "ConditionView", "bot_cards", "halts_of", "mode_mark"]

SILENT_AFTER = timedelta(seconds=15)  # a heartbeat comes at least every 5 s

# Phases in which a bot beats; in the others its silence is to be expected.
_SPEAKING = {
    None,
    BotPhase.RUNNING,
    BotPhase.PAUSED,
    BotPhase.FLAT,
    BotPhase.HALTED,
    BotPhase.FENCED,
}
_TEXTS = {
    ConditionStatus.TRUE: "{}",
    ConditionStatus.FALSE: "not {}",
    ConditionStatus.UNKNOWN: "{} unknown",
}
# Degraded and Halted are good when they are false.
_GOOD_WHEN_FALSE = {ConditionType.DEGRADED.value, ConditionType.HALTED.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionView:
    """One condition: its name, whether it is as it should be, and why."""

    name: str
    text: str
    tone: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BotCard:
    """What is shown of one bot; every text is ready to show."""

    key: BotKey
    uid: UUID
    href: str
    mode: str
    wanted: str
    actual: str
    actual_tone: str
    note: str
    equity: str
    today: str
    today_tone: str
    total: str
    total_tone: str
    positions: str
    age: str
    heartbeat: str
    update: str
    conditions: tuple[ConditionView, ...]
    halts: tuple[HaltRow, ...]


def bot_cards(
    records: Iterable[BotRecord],
    figures: Iterable[Figures],
    halts: Iterable[HaltRow],
    now: datetime,
) -> tuple[BotCard, ...]:
    """Show every bot with its own figures and the halts that stop it."""
    by_uid: Mapping[UUID, Figures] = {one.bot_uid: one for one in figures}
    all_halts = tuple(halts)
    return tuple(
        _card(record, by_uid.get(record.uid), halts_of(record, all_halts), now)
        for record in records
    )


def halts_of(record: BotRecord, halts: Iterable[HaltRow]) -> tuple[HaltRow, ...]:
    """Pick the halts that stop this bot: its own, its owner's, and those of all."""
    stops = {("bot", str(record.uid)), ("owner", record.owner)}
    return tuple(one for one in halts if one.scope == "all" or (one.scope, one.subject) in stops)


def mode_mark(mode: str) -> str:
    """Write the mode as its mark."""
    return mode.upper()


def _card(
    record: BotRecord, figures: Figures | None, halts: tuple[HaltRow, ...], now: datetime
) -> BotCard:
    unit = str(record.spec.get("quoteAsset", ""))
    today = figures.today_pnl if figures else None
    total = figures.total_pnl if figures else None
    actual, tone = _actual(record, figures, halts, now)
    return BotCard(
        key=record.key,
        uid=record.uid,
        href=f"/bots/{record.key}",
        mode=mode_mark(str(record.spec.get("mode", ""))),
        wanted="Deleted" if record.is_deleting else str(record.spec.get("desiredState", "")),
        actual=actual,
        actual_tone=tone,
        note=_note(record, figures, halts),
        equity=money_text(figures.equity if figures else None, unit),
        today=profit_text(today, unit),
        today_tone=tone_of(today),
        total=profit_text(total, unit),
        total_tone=tone_of(total),
        positions=str(figures.open_positions) if figures else "0",
        age=age_text(record.created_at, now),
        heartbeat=_heartbeat(figures, now),
        update=_update(record, figures),
        conditions=tuple(_condition(one) for one in record.status.conditions or ()),
        halts=halts,
    )


def _is_silent(figures: Figures | None, now: datetime) -> bool:
    at = figures.heartbeat_at if figures else None
    return at is None or now - at > SILENT_AFTER


def _actual(
    record: BotRecord, figures: Figures | None, halts: tuple[HaltRow, ...], now: datetime
) -> tuple[str, str]:
    phase = record.status.phase
    if figures is None or figures.state is None or _is_silent(figures, now):
        if figures is not None and figures.state and phase in _SPEAKING:
            return "No heartbeat", "warn"
        word = phase.value if phase else "Pending"
        return word, "bad" if word == "Failed" else "muted"
    if halts or figures.state == "Halted":
        return "Halted", "bad"
    tones = {"Running": "good", "Paused": "muted", "Flat": "muted", "Fenced": "bad"}
    return figures.state, tones.get(figures.state, "warn")


def _note(record: BotRecord, figures: Figures | None, halts: tuple[HaltRow, ...]) -> str:
    if halts:
        return f"Halted by {halts[0].set_by}: {halts[0].reason}"
    for one in record.status.conditions or ():
        if _tone(one) == "bad" and one.message:
            return one.message
    return (figures.state_reason or "") if figures else ""


def _heartbeat(figures: Figures | None, now: datetime) -> str:
    if figures is None or figures.heartbeat_at is None:
        return "none yet"
    silent = ", silent" if _is_silent(figures, now) else ""
    return f"{age_text(figures.heartbeat_at, now)} ago{silent}"


def _update(record: BotRecord, figures: Figures | None) -> str:
    if figures is None or figures.generation is None:
        return f"generation {record.generation} saved, not taken by the bot yet"
    if figures.generation >= record.generation:
        return f"generation {record.generation} in force"
    return f"generation {record.generation} saved, {figures.generation} in force"


def _condition(condition: Condition) -> ConditionView:
    return ConditionView(
        name=condition.type,
        text=_TEXTS[condition.status].format(condition.type),
        tone=_tone(condition),
        reason=condition.reason,
        message=condition.message,
    )


def _tone(condition: Condition) -> str:
    if condition.status is ConditionStatus.UNKNOWN:
        return "warn"
    is_good = (condition.status is ConditionStatus.TRUE) != (condition.type in _GOOD_WHEN_FALSE)
    return "good" if is_good else "bad"
