"""One-time links: the first admin's, invitations, and those that renew an account."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from botcore.domain.errors import InvalidInput
from botdashboard.api.forms import problems_of
from botdashboard.api.plain import Cookie, caller_of, message_page, page, signed_in, text_of
from botdashboard.services.desk import Desk
from botdashboard.services.links import NewAccount

__all__ = ["link_routes"]

_GONE = "This link is not valid, was used already or is too old. Ask for a new one."


def link_routes(desk: Desk, cookie: Cookie) -> APIRouter:
    """Make the routes."""
    router = APIRouter()

    @router.get("/setup/{token}")
    @router.get("/invite/{token}")
    @router.get("/renew/{token}")
    async def show_link(request: Request, token: str) -> Response:
        link = await desk.links.find(token)
        if link is None:
            return message_page(request, "Link not valid", _GONE, status=404)
        name = "admin" if request.url.path.startswith("/setup/") else ""
        return page(request, "account.html", name=link.name or name, renewed=link.name)

    @router.post("/setup/{token}")
    @router.post("/invite/{token}")
    @router.post("/renew/{token}")
    async def use_link(request: Request, token: str) -> Response:
        form = await request.form()
        new = NewAccount(
            name=text_of(form.get("name")).strip().lower(),
            password=text_of(form.get("password")),
            repeated=text_of(form.get("repeated")),
        )
        try:
            session = await desk.links.accept(token, new, caller_of(request, cookie))
        except InvalidInput as error:
            link = await desk.links.find(token)
            renewed = link.name if link else None
            return page(
                request, "account.html", status=422,
                name=renewed or new.name, renewed=renewed, problems=problems_of(error),
            )  # fmt: skip
        return signed_in(cookie, session, "/")

    return router
