"""Accounts and invitations, for admins; nothing of what other people own is here (SEC-39)."""

from collections.abc import Awaitable, Callable

from nicegui import ui
from starlette.requests import Request

from botcore.ledger.users import Person
from botdashboard.pages.frame import framed
from botdashboard.pages.session import Page
from botdashboard.services.desk import Desk
from botdashboard.views.formats import time_text
from botdashboard.widgets.marks import heading, named, pill

__all__ = ["register"]


def register(desk: Desk) -> None:
    """Add the page."""

    @ui.page("/admin", title="Admin · kbots")
    async def show(request: Request) -> None:
        async with framed(desk, request, "Admin") as page:
            await desk.accounts.list_people(page.actor)
            view = _People(page)
            await view.refresh()


class _People:
    def __init__(self, page: Page) -> None:
        self._page = page
        heading(1, "Accounts")
        self._list = named(ui.element("div").classes("kb-cards"), "people")
        heading(2, "Invite someone")
        with ui.element("div").classes("kb-row"):
            self._role = ui.select(["trader", "admin"], value="trader", label="Role")
            named(self._role.props("dense outlined").classes("kb-filter"), "invite-role")
            make = page.handler(self._invite)
            named(ui.button("Make a one-time link", on_click=make), "invite")
        self._link = named(ui.label().classes("kb-once"), "invite-link")
        self._link.set_visibility(False)

    async def refresh(self) -> None:
        """Read the accounts again."""
        people = await self._page.desk.accounts.list_people(self._page.actor)
        self._list.clear()
        with self._list:
            for person in people:
                self._show(person)

    def _show(self, person: Person) -> None:
        with named(ui.element("article").classes("kb-card"), f"person-{person.name}"):
            with ui.element("div").classes("kb-row"):
                ui.label(person.name).classes("kb-title")
                pill(person.role, "muted")
                ui.element("span").classes("kb-grow")
                named(
                    pill("Disabled", "bad") if person.disabled else pill("Enabled", "good"),
                    "account-state",
                )
            ui.label(
                f"since {time_text(person.created_at)} UTC · sessions: {person.sessions}"
            ).classes("kb-muted")
            if person.disabled:
                act, done, text = self._enabling(person), "Account enabled.", "Enable"
            else:
                act, text = self._disabling(person), "Disable"
                done = "Account disabled: bots halted, keys revoked, sessions ended."
            if person.id != self._page.actor.user_id:
                button = ui.button(text, on_click=self._page.handler(act, done=done), color="info")
                named(button.props("outline"), f"{text.lower()}-{person.name}")

    async def _invite(self) -> None:
        desk = self._page.desk
        token = await desk.accounts.invite(self._page.actor, str(self._role.value))
        self._link.set_text(f"{desk.origin}/invite/{token}")
        self._link.set_visibility(True)
        ui.notify("Copy the link now: it is shown once, works once, and for 72 hours.")

    def _disabling(self, person: Person) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            await self._page.desk.accounts.disable(self._page.actor, person.id)
            await self.refresh()

        return act

    def _enabling(self, person: Person) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            await self._page.desk.accounts.enable(self._page.actor, person.id)
            await self.refresh()

        return act
