"""What every live page has around it: header, navigation, sign-out, title, and words for errors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nicegui import ui
from starlette.requests import Request

from botcore.domain.errors import InvariantBroken, NotAllowed, NotFound, PlatformError
from botdashboard.pages.idle import offer_to_stay
from botdashboard.pages.session import Page, open_page, words_of
from botdashboard.services.desk import Desk
from botdashboard.widgets.marks import heading, named

__all__ = ["framed", "show_failure"]

_NAVIGATION = (("Bots", "/"), ("Trades", "/trades"), ("Keys", "/keys"), ("Security", "/security"))


@asynccontextmanager
async def framed(desk: Desk, request: Request, title: str) -> AsyncIterator[Page]:
    """Open a page in its frame; what fails inside is said on the page."""
    page = open_page(desk, request)
    page.client.title = f"{title} · kbots"
    ui.colors(
        primary="#2563EB", info="#7AA7FF", secondary="#141A24", accent="#F0B90B", positive="#1C8A5F",
        negative="#D92D4A", dark="#141A24", dark_page="#0B0E14",
    )  # fmt: skip
    ui.add_head_html('<link rel="stylesheet" href="/static/kbots.css">')
    ui.add_head_html('<script defer src="/static/session.js"></script>')
    _header(page, request.url.path)
    offer_to_stay(page)
    with ui.element("div").classes("kb-page") as content:
        try:
            yield page
        except PlatformError as error:
            content.clear()
            page.client.status_code = _status(error)
            with content:
                heading(1, "That is not here" if page.client.status_code == 404 else "Not now")
                ui.label(words_of(error)).classes("kb-problem")
                ui.link("To your bots", "/")


def show_failure() -> None:
    """Say that a page failed, without what it failed of; the log has it."""
    heading(1, "That did not work")
    ui.label("It failed and was written to the log.").classes("kb-problem")
    ui.link("To your bots", "/")


def _status(error: PlatformError) -> int:
    if isinstance(error, (NotFound, NotAllowed)):
        return 404
    return 500 if isinstance(error, InvariantBroken) else 503


def _header(page: Page, path: str) -> None:
    links = list(_NAVIGATION)
    if page.actor.role == "admin":
        links.append(("Admin", "/admin"))
    with ui.header().classes("kb-header"):
        ui.link("kbots", "/").classes("kb-brand")
        with ui.element("nav").props('aria-label="Pages"').classes("kb-nav"):
            for text, target in links:
                link = named(ui.link(text, target), f"nav-{text.lower()}")
                if text == "Security" and page.actor.notices:
                    with link:
                        count = ui.label(f"{page.actor.notices} new").classes("kb-count")
                        named(count, "notice-count")
                if path == target:
                    link.props('aria-current="page"')
        ui.element("span").classes("kb-grow")
        named(ui.label(page.actor.name).classes("kb-muted"), "who")
        with ui.element("form").props('method="post" action="/logout"').classes("kb-logout"):
            token = ui.element("input").props('type="hidden" name="csrf"')
            token.props["value"] = page.actor.csrf_token
            with named(ui.element("button").props('type="submit"'), "sign-out"):
                ui.label("Sign out")
