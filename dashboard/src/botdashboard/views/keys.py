"""Stored exchange keys as pages show them: never the key, only its last four characters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from botcore.ledger.report_rows import KeyEventRow, KeyRow
from botdashboard.views.formats import age_text, time_text

__all__ = ["KeyCard", "Permission", "event_rows", "key_card", "key_cards", "key_options"]

_TONES = {"Verified": "good", "Rejected": "bad", "Revoked": "muted"}
# By the exchange's own name: what it is called here, and what it is to be; None where it makes no difference.
_PERMISSIONS: dict[str, tuple[str, bool | None]] = {
    "enableReading": ("Read the account", True),
    "enableSpotAndMarginTrading": ("Trade on the spot market", True),
    "ipRestrict": ("Restricted to named addresses", True),
    "enableWithdrawals": ("Withdraw", False),
    "enableInternalTransfer": ("Transfer to other people", False),
    "permitsUniversalTransfer": ("Transfer between accounts", False),
    "enableMargin": ("Borrow for margin", None),
    "enableFutures": ("Trade futures", None),
    "enableVanillaOptions": ("Trade options", None),
    "enablePortfolioMarginTrading": ("Portfolio margin", None),
}
_EVENTS = {
    "Added": "Added",
    "Verified": "Verified: bots may use it",
    "Rejected": "Refused",
    "PermissionsChanged": "Its permissions changed",
    "Replaced": "Replaced: bots take this one now, delete the earlier one at the exchange",
    "Revoked": "Revoked",
    "ReplacementPending": "A newer key came and is checked",
    "ReplacementRejected": "The newer key was refused; bots go on with the earlier one",
    "ReplacementWithdrawn": "The newer key was taken back",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One right of a key at the exchange."""

    title: str
    is_on: bool
    tone: str


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
    newer: str
    """What is to be said of a newer key that waits or was refused."""
    permissions: tuple[Permission, ...]
    verified: str
    checked: str
    age: str
    is_live: bool
    """Not revoked: it may be replaced, checked and revoked."""


def key_cards(rows: Iterable[KeyRow], now: datetime) -> tuple[KeyCard, ...]:
    """Show every key."""
    return tuple(key_card(row, now) for row in rows)


def key_card(row: KeyRow, now: datetime) -> KeyCard:
    """Show one key."""
    return KeyCard(
        id=row.id,
        label=row.label,
        environment=row.environment.upper(),
        last4=f"…{row.api_key_last4}",
        status=row.status,
        tone=_TONES.get(row.status, "warn"),
        note=_note(row),
        newer=_newer(row),
        permissions=_permissions(row),
        verified=time_text(row.verified_at),
        checked=time_text(row.checked_at),
        age=age_text(row.created_at, now),
        is_live=row.status != "Revoked",
    )


def key_options(rows: Iterable[KeyRow]) -> dict[str, str]:
    """Offer the keys a bot can use: id to label."""
    return {
        str(row.id): f"{row.label} ({row.environment}, …{row.api_key_last4}, {row.status})"
        for row in rows
        if row.status in {"Pending", "Verified"}
    }


def event_rows(events: Iterable[KeyEventRow]) -> list[dict[str, str]]:
    """Tell what became of a key, line by line."""
    return [
        {
            "id": str(number),
            "time": time_text(one.at),
            "key": f"…{one.api_key_last4}",
            "event": _event(one),
        }
        for number, one in enumerate(events)
    ]


def _event(one: KeyEventRow) -> str:
    text = _EVENTS.get(one.kind, one.kind)
    return f"{text}. {_sentence(one.reason)}" if one.reason else f"{text}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."


def _note(row: KeyRow) -> str:
    match row.status:
        case "Pending":
            return "It is being checked with the exchange."
        case "Revoked":
            return "No bot uses it any more. Now delete it at the exchange, too."
        case "Rejected":
            return f"{_sentence(row.reason)} Put it right at the exchange and have it checked again, or replace it."
        case _:
            return _sentence(row.reason) if row.reason else ""


def _newer(row: KeyRow) -> str:
    if row.next_status == "Pending":
        return f"A newer key, …{row.next_last4}, is being checked. Bots go on with this one until then."
    if row.next_status == "Rejected":
        return f"The newer key, …{row.next_last4}, was refused: {row.next_reason}. Bots go on with this one."
    return ""


def _permissions(row: KeyRow) -> tuple[Permission, ...]:
    known = [name for name in _PERMISSIONS if name in row.permissions]
    others = sorted(row.permissions.keys() - known)
    return tuple(_permission(name, is_on=bool(row.permissions[name])) for name in [*known, *others])


def _permission(name: str, *, is_on: bool) -> Permission:
    title, wanted = _PERMISSIONS.get(name, (name, None))
    tone = "muted" if wanted is None else "good" if is_on is wanted else "bad"
    return Permission(title=title, is_on=is_on, tone=tone)
