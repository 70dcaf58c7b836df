"""The audit log: one's own lines, and for admins everybody's; a plain page with its filter in the address."""

from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from botcore.domain.errors import InvalidInput
from botcore.ledger.audit import AuditFilter
from botdashboard.api.forms import own_form
from botdashboard.api.plain import actor_of, framed_page, text_of
from botdashboard.services.desk import Desk
from botdashboard.views.audit import KINDS, audit_views
from botdashboard.views.cursors import row_number

__all__ = ["audit_routes"]

PAGE_SIZE = 50
MOST_OBJECTS = 5


def audit_routes(desk: Desk) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/security/audit")
    async def show(request: Request) -> Response:
        return await _lines(desk, request)

    @router.post("/security/notices/seen")
    async def seen(request: Request) -> Response:
        actor, form = await own_form(request, desk.audit)
        last = _line(text_of(form.get("last")))
        if last is not None:
            await desk.audit.seen(actor, last)
        return RedirectResponse("/security", 303)

    return router


async def _lines(desk: Desk, request: Request) -> Response:
    actor = actor_of(request)
    query = request.query_params
    whose = query.get("whose", actor.name) if actor.role == "admin" else actor.name
    kind = query.get("kind", "") if query.get("kind") in KINDS else ""
    wanted = AuditFilter(
        name=whose or None,
        actions=KINDS[kind][1] if kind else None,
        objects=tuple(query.getlist("object")[:MOST_OBJECTS]) or None,
        refused_only=query.get("result") == "refused",
        before=_line(query.get("before", "")),
    )
    rows, following = await desk.audit.page(actor, wanted, PAGE_SIZE)
    kept = [one for one in query.multi_items() if one[0] != "before"]
    return framed_page(
        request,
        "audit.html",
        actor,
        lines=audit_views(rows),
        kinds={name: words for name, (words, _) in KINDS.items()},
        kind=kind,
        whose=whose,
        wanted=wanted,
        older=f"?{urlencode([*kept, ('before', following)])}" if following else "",
        newest=f"?{urlencode(kept)}" if wanted.before else "",
    )


def _line(text: str) -> int | None:
    if not text:
        return None
    try:
        return row_number(text)
    except ValueError:
        raise InvalidInput.of("before", "there is no such page") from None
