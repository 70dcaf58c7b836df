"""Lines of the audit log as people read them: words for what was done, and what it was before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botcore.ledger.report_rows import AuditRow
from botdashboard.views.formats import time_text
from botdashboard.views.merge import differences

__all__ = ["KINDS", "AuditView", "Edit", "audit_views"]

# What can be asked for: patterns of actions.
KINDS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "sign-ins": ("Sign-ins and sessions", ("sign-%", "session.%", "step-up")),
    "account": (
        "Accounts and their security",
        (
            "account.%",
            "password.%",
            "second-factor.%",
            "recovery-%",
            "token.%",
            "invite",
            "setup-link",
        ),
    ),
    "bots": ("Bots and halts", ("bot.%", "halt.%")),
    "keys": ("Keys and live grants", ("key.%", "live.%")),
}
_WORDS: Final[Mapping[str, str]] = {
    "account.create": "Account made", "account.disable": "Account disabled", "account.enable": "Account enabled",
    "account.renew": "Account renewed by a link", "account.renewal-link": "Link to renew an account made",
    "audit.view-all": "Audit log of everybody", "bot.change": "Bot changed", "bot.create": "Bot made",
    "bot.delete": "Bot deleted", "bot.state": "Bot told what to do", "bot.view": "Bot looked at",
    "halt.clear": "Halt cleared", "halt.set": "Halted", "invite": "Invitation made", "key.add": "Key added",
    "key.check": "Key to be checked again", "key.reject": "Key rejected", "key.revoke": "Key revoked",
    "key.rewrap": "Key sealed anew", "key.verify": "Key verified", "live.grant": "Live trading granted",
    "live.revoke": "Live grant taken back", "password.change": "Password changed",
    "recovery-code.use": "Recovery code used", "recovery-codes.renew": "Recovery codes made anew",
    "request.csrf": "Form of another session", "request.origin": "Request from another site",
    "second-factor.off": "Second factor turned off", "second-factor.on": "Second factor turned on",
    "session.end": "Session ended", "session.end-others": "All other sessions ended",
    "session.oldest-ended": "Oldest session ended", "setup-link": "Set-up link made", "sign-in": "Sign-in",
    "sign-out": "Sign-out", "socket.origin": "Socket from another site", "socket.page": "Socket of another page",
    "step-up": "Step-up", "token.create": "Token made", "token.manage": "Tokens", "token.revoke": "Token revoked",
    "token.use": "Unknown token", "users.manage": "Page of accounts",
}  # fmt: skip
_SHOWN_APART: Final = frozenset({"before", "after", "device"})
LONGEST: Final = 200  # characters of a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One field that was changed."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    """One line; every text is ready to show."""

    id: int
    at: str
    actor: str
    action: str
    about: str
    result: str
    tone: str
    ip: str
    facts: tuple[str, ...]
    edits: tuple[Edit, ...]
    is_notable: bool
    """A sign-in from a browser that was not there before (SEC-65)."""


def audit_views(rows: Sequence[AuditRow]) -> tuple[AuditView, ...]:
    """Show every line."""
    return tuple(_view(row) for row in rows)


def _view(row: AuditRow) -> AuditView:
    is_notable = row.action == "sign-in" and row.detail.get("device") == "new"
    is_good = row.result == "ok"
    return AuditView(
        id=row.id,
        at=time_text(row.at),
        actor=row.actor,
        action=_WORDS.get(row.action, row.action),
        about=row.object,
        result="" if is_good else row.result,
        tone="warn" if is_notable else "muted" if is_good else "bad",
        ip=row.ip,
        facts=tuple(
            f"{name}: {_text(value)}"
            for name, value in row.detail.items()
            if name not in _SHOWN_APART
        ),
        edits=_edits(row.detail),
        is_notable=is_notable,
    )


def _edits(detail: Mapping[str, Any]) -> tuple[Edit, ...]:
    before, after = detail.get("before"), detail.get("after")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        return ()
    return tuple(
        Edit(field=one.field, before=one.yours[:LONGEST], after=one.theirs[:LONGEST])
        for one in differences(before, before, after)
        if one.field  # of nothing there is no field
    )


def _text(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text[:LONGEST]
