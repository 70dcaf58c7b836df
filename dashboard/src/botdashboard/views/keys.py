"""Stored exchange keys as the list shows them: never the key, only its last four characters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from botcore.ledger.report_rows import KeyRow
from botdashboard.views.formats import age_text, time_text

__all__ = ["KeyCard", "key_cards", "key_options"]

_TONES = {"Verified": "good", "Rejected": "bad", "Revoked": "muted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCard:
    """What is shown of one key."""

    id: UUID
    label: str
    environment: str
    last4: str
    status: str
    tone: str
    note: str
    permissions: str
    verified: str
    age: str
    can_revoke: bool


def key_cards(rows: Iterable[KeyRow], now: datetime) -> tuple[KeyCard, ...]:
    """Show every key."""
    return tuple(
        KeyCard(
            id=row.id,
            label=row.label,
            environment=row.environment.upper(),
            last4=f"…{row.api_key_last4}",
            status=row.status,
            tone=_TONES.get(row.status, "warn"),
            note=row.reason or _waiting(row.status),
            permissions=_permissions(row),
            verified=time_text(row.verified_at),
            age=age_text(row.created_at, now),
            can_revoke=row.status != "Revoked",
        )
        for row in rows
    )


def key_options(rows: Iterable[KeyRow]) -> dict[str, str]:
    """Offer the keys a bot can use: id to label."""
    return {
        str(row.id): f"{row.label} ({row.environment}, …{row.api_key_last4}, {row.status})"
        for row in rows
        if row.status in {"Pending", "Verified"}
    }


def _waiting(status: str) -> str:
    if status == "Pending":
        return "Checked with the exchange as soon as a bot uses it."
    if status == "Revoked":
        return "Now delete it at the exchange too."
    return ""


def _permissions(row: KeyRow) -> str:
    marks = [f"{'✓' if value else '✗'} {name}" for name, value in sorted(row.permissions.items())]
    return "  ".join(marks)
