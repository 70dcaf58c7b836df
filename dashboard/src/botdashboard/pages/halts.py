"""Halts: set at once with a reason, shown while in force, cleared by their owner."""

from collections.abc import Awaitable, Callable, Iterable

from nicegui import ui

from botcore.ledger.report_rows import HaltRow
from botdashboard.access.policy import Actor
from botdashboard.pages.session import Page
from botdashboard.views.formats import time_text
from botdashboard.widgets.marks import named

__all__ = ["halt_form", "show_halts"]

_WHAT = {
    "bot": "This bot is halted",
    "owner": "All your bots are halted",
    "all": "All bots are halted",
}


def halt_form(
    page: Page, title: str, halt: Callable[[Actor, str], Awaitable[None]], name: str
) -> None:
    """Add a reason and the button that halts; two clicks, no step-up (SEC-44)."""
    reason = ui.input("Reason", value="halted by hand").props("dense outlined maxlength=500")
    named(reason, f"{name}-reason")

    async def act() -> None:
        await halt(page.actor, str(reason.value or ""))

    handler = page.handler(act, done="Halted: no new orders from now on.")
    named(ui.button(title, on_click=handler, color="negative"), name)


def show_halts(page: Page, halts: Iterable[HaltRow]) -> None:
    """Show halts in force, with a button for those that are the person's to clear."""
    for one in halts:
        with ui.element("div").classes("kb-halt kb-row").props("role=alert"):
            ui.label(
                f"■ {_WHAT[one.scope]}: {one.reason} (by {one.set_by}, {time_text(one.set_at)} UTC)"
            )
            if one.scope != "all":
                named(
                    ui.button("Clear halt", on_click=_clearing(page, one), color="info").props(
                        "outline"
                    ),
                    f"clear-halt-{one.scope}",
                )


def _clearing(page: Page, halt: HaltRow) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        await page.desk.bots.clear_halt(page.actor, halt)

    return page.handler(act, done="Halt cleared.")
