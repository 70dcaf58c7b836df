"""A person's own account: plain pages, since what is typed here is secret."""

import io
from typing import Any
from uuid import UUID

import segno
from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from botcore.domain.errors import InvalidInput
from botdashboard.access.policy import Actor
from botdashboard.api.forms import own_form, problems_of, proof_of
from botdashboard.api.plain import Cookie, actor_of, caller_of, framed_page, signed_in, text_of
from botdashboard.services.desk import Desk
from botdashboard.services.own_account import NewPassword
from botdashboard.services.proofs import Proof
from botdashboard.views.audit import audit_views

__all__ = ["security_routes"]


def security_routes(desk: Desk, cookie: Cookie) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/security")
    async def show(request: Request) -> Response:
        return await _security(desk, request, actor_of(request))

    @router.post("/security/password")
    async def change_password(request: Request) -> Response:
        actor, form = await own_form(request, desk.audit)
        new = NewPassword(
            current=text_of(form.get("current")),
            password=text_of(form.get("password")),
            repeated=text_of(form.get("repeated")),
            code=text_of(form.get("code"))[:64],
        )
        try:
            token = await desk.own_account.change_password(actor, new, caller_of(request, cookie))
        except InvalidInput as error:
            problems = problems_of(error)
            return await _security(desk, request, actor, status=422, problems=problems)
        return signed_in(cookie, token, "/security")

    _add_sessions(router, desk, cookie)
    _add_second_factor(router, desk, cookie)
    return router


def _add_sessions(router: APIRouter, desk: Desk, cookie: Cookie) -> None:
    @router.post("/security/sessions/{session_id}/end")
    async def end_session(request: Request, session_id: UUID) -> Response:
        actor, _ = await own_form(request, desk.audit)
        await desk.sessions.end_one(actor, session_id, caller_of(request, cookie))
        return RedirectResponse("/security", 303)

    @router.post("/security/end-other-sessions")
    async def end_others(request: Request) -> Response:
        actor, _ = await own_form(request, desk.audit)
        await desk.sessions.end_others(actor, caller_of(request, cookie))
        return RedirectResponse("/security", 303)


def _add_second_factor(router: APIRouter, desk: Desk, cookie: Cookie) -> None:
    @router.get("/security/second-factor")
    async def show_factor(request: Request) -> Response:
        return await _factor(desk, request, actor_of(request))

    @router.post("/security/second-factor/on")
    async def turn_on(request: Request) -> Response:
        actor, form = await own_form(request, desk.audit)
        try:
            await desk.proofs.require(actor, Proof(password=text_of(form.get("current"))[:1024]))
            code = text_of(form.get("code"))[:64]
            codes = await desk.second_factor.confirm(actor, code, caller_of(request, cookie).ip)
        except InvalidInput as error:
            return await _factor(desk, request, actor, status=422, problems=problems_of(error))
        return await _renewed(desk, request, cookie, actor, codes)

    @router.post("/security/second-factor/codes")
    async def renew_codes(request: Request) -> Response:
        actor, form = await own_form(request, desk.audit)
        try:
            await desk.proofs.require(actor, proof_of(form), needs_factor=True)
        except InvalidInput as error:
            return await _factor(desk, request, actor, status=422, problems=problems_of(error))
        codes = await desk.second_factor.renew_codes(actor, caller_of(request, cookie).ip)
        return await _renewed(desk, request, cookie, actor, codes)

    @router.post("/security/second-factor/off")
    async def turn_off(request: Request) -> Response:
        actor, form = await own_form(request, desk.audit)
        try:
            await desk.proofs.require(actor, proof_of(form), needs_factor=True)
        except InvalidInput as error:
            return await _factor(desk, request, actor, status=422, problems=problems_of(error))
        caller = caller_of(request, cookie)
        await desk.second_factor.turn_off(actor, caller.ip)
        return signed_in(cookie, await desk.sessions.renew(actor, caller), "/security")


async def _renewed(
    desk: Desk, request: Request, cookie: Cookie, actor: Actor, codes: list[str]
) -> Response:
    token = await desk.sessions.renew(actor, caller_of(request, cookie))
    renewed = await desk.sessions.find(token, ip=actor.ip)
    response = framed_page(request, "factor.html", renewed or actor, codes=codes)
    cookie.put(response, token)
    return response


async def _security(desk: Desk, request: Request, actor: Actor, **shown: Any) -> Response:
    factor = await desk.second_factor.state(actor)
    shown["sessions"] = await desk.sessions.list(actor)
    shown["notices"] = audit_views(await desk.audit.notices(actor))
    return framed_page(request, "security.html", actor, factor=factor, **shown)


async def _factor(desk: Desk, request: Request, actor: Actor, **shown: Any) -> Response:
    if (await desk.second_factor.state(actor)).is_on:
        return framed_page(request, "factor.html", actor, **shown)
    enrolment = await desk.second_factor.enrol(actor)
    return framed_page(
        request, "factor.html", actor, enrolment=enrolment, picture=_picture(enrolment.uri), **shown
    )


def _picture(text: str) -> Markup:
    """Draw a QR code as inline SVG: made here, so that no third party learns the secret (SEC-27)."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(
        drawn, kind="svg", scale=5, border=4, xmldecl=False, svgns=True, nl=False
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 made of squares alone, no text goes in
