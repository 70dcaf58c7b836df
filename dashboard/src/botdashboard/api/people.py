"""The admin's page of people: plain, since one-time links are secrets that no socket should carry."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from botcore.domain.errors import NotAllowed, NotFound
from botdashboard.access.policy import ROLES, Action, Actor
from botdashboard.api.forms import own_form
from botdashboard.api.plain import actor_of, framed_page, text_of
from botdashboard.services.desk import Desk

__all__ = ["people_routes"]


def people_routes(desk: Desk) -> APIRouter:
    """Make the routes."""
    router = APIRouter(dependencies=[Depends(_only_admins(desk))])

    @router.get("/admin")
    async def show(request: Request) -> Response:
        return await _people(desk, request, actor_of(request))

    @router.post("/admin/invite")
    async def invite(request: Request) -> Response:
        actor, form = await own_form(request, desk.audit)
        role = text_of(form.get("role"))
        token = await desk.accounts.invite(actor, role)
        link = f"{desk.origin}/invite/{token}"
        return await _people(desk, request, actor, link=link, link_is=f"for a new {role}")

    @router.post("/admin/people/{user_id}/renewal-link")
    async def renewal_link(request: Request, user_id: UUID) -> Response:
        actor, form = await own_form(request, desk.audit)
        token = await desk.accounts.renewal_link(actor, user_id)
        link = f"{desk.origin}/renew/{token}"
        name = text_of(form.get("name"))
        return await _people(desk, request, actor, link=link, link_is=f"to renew {name}")

    @router.post("/admin/people/{user_id}/disable")
    async def disable(request: Request, user_id: UUID) -> Response:
        actor, _ = await own_form(request, desk.audit)
        try:
            await desk.accounts.disable(actor, user_id)
        except NotAllowed as error:
            return await _people(desk, request, actor, status=422, problem=str(error))
        return RedirectResponse("/admin", 303)

    @router.post("/admin/people/{user_id}/enable")
    async def enable(request: Request, user_id: UUID) -> Response:
        actor, _ = await own_form(request, desk.audit)
        await desk.accounts.enable(actor, user_id)
        return RedirectResponse("/admin", 303)

    return router


def _only_admins(desk: Desk) -> Callable[[Request], Awaitable[None]]:
    async def check(request: Request) -> None:
        actor = actor_of(request)
        try:
            await desk.audit.require(actor, Action.MANAGE_USERS, "", request.url.path)
        except NotAllowed:
            raise NotFound("there is no such page") from None

    return check


async def _people(desk: Desk, request: Request, actor: Actor, **shown: Any) -> Response:
    people = await desk.accounts.list_people(actor)
    return framed_page(request, "people.html", actor, people=people, roles=ROLES, **shown)
