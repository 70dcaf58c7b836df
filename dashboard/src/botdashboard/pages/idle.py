"""Two minutes before a session ends because nothing was done, its pages offer to stay (SEC-22)."""

import asyncio

from nicegui import background_tasks, ui

from botdashboard.pages.session import Page
from botdashboard.widgets.marks import heading, named

__all__ = ["offer_to_stay"]

OFFERED_BEFORE = 120.0  # seconds
LOOK_EVERY = 5.0  # seconds


def offer_to_stay(page: Page) -> None:
    """Add the dialog, which opens and closes by itself; to answer it is an action like any other."""
    sessions, session = page.desk.sessions, page.actor.session

    async def close() -> None:
        dialog.value = False

    dialog = named(ui.dialog().props("persistent"), "idle")
    with dialog, ui.element("div").classes("kb-card kb-narrow"):
        heading(2, "Are you still there?")
        ui.label(
            "Nothing was done for almost half an hour: you will be signed out in less than two"
            " minutes. Bots go on whether you are signed in or not."
        )
        stay = page.handler(close)
        named(ui.button("Stay signed in", on_click=stay), "stay")

    async def follow() -> None:
        while not page.client.is_deleted:
            await asyncio.sleep(LOOK_EVERY)
            left = sessions.seconds_to_idle_end(session)
            is_due = left is not None and left <= OFFERED_BEFORE
            if dialog.value is not is_due:
                dialog.value = is_due

    # No timer of NiceGUI's: one has the page sent before it is built.
    page.client.on_delete(background_tasks.create(follow(), context=page.client).cancel)
