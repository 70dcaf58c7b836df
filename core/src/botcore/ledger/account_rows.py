"""What the dashboard reads of accounts, as plain records: no driver, so that pure code may take them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

__all__ = ["AuditRow", "TokenRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A personal access token as its person sees it; the token itself is never seen again."""

    id: UUID
    label: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    last_used_ip: str
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One line of the audit log."""

    id: int
    at: datetime
    actor: str
    action: str
    object: str
    result: str
    ip: str
    detail: dict[str, Any]
    person: str
    """Whom it is about."""
