"""Who the token belongs to, and the lines of the audit log that are about that person."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from botcore.ledger.audit import AuditFilter
from botdashboard.access.policy import Action, Scope
from botdashboard.api.v1.front import Acting, ApiModel, Before, Limit, api_router, cursor_of, needs
from botdashboard.services.desk import Desk
from botdashboard.views.cursors import row_number

__all__ = ["me_routes"]


class Me(ApiModel):
    """A person, and what the token is for."""

    name: str
    role: str
    token: str
    scopes: list[Scope]


class AuditLine(ApiModel):
    """What somebody did, with what result, from where."""

    id: int
    at: datetime
    actor: str
    action: str
    object: str
    result: str
    ip: str
    detail: dict[str, Any]


class AuditPage(ApiModel):
    """A page of the audit log."""

    items: list[AuditLine]
    next: str | None


def me_routes(desk: Desk) -> APIRouter:
    """Make the routes."""
    router = api_router()

    @router.get("/me", dependencies=needs(desk, Action.VIEW_AUDIT))
    async def me(actor: Acting) -> Me:
        scopes = sorted(actor.scopes or ())
        return Me(name=actor.name, role=actor.role, token=actor.token, scopes=scopes)

    @router.get("/me/audit", dependencies=needs(desk, Action.VIEW_AUDIT))
    async def list_audit(actor: Acting, before: Before = None, limit: Limit = 100) -> AuditPage:
        wanted = AuditFilter(name=actor.name, before=cursor_of(before, row_number))
        rows, following = await desk.audit.page(actor, wanted, limit)
        return AuditPage(
            items=[AuditLine.model_validate(one, from_attributes=True) for one in rows],
            next=None if following is None else str(following),
        )

    return router
