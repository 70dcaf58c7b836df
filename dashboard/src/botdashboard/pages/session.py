"""What a page is given: the use cases, who acts, handlers that answer for errors, live refresh."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from nicegui import Client, background_tasks, ui
from starlette.requests import Request

from botcore.domain.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    OutcomeUnknown,
    PlatformError,
    Transient,
)
from botdashboard.access.policy import Actor
from botdashboard.services.desk import Desk
from botdashboard.services.live import Change

__all__ = ["Page", "open_page", "words_of"]

LOOK_EVERY = 5.0  # seconds, for ages and heartbeats that nobody announces
AT_MOST_EVERY = 0.2  # seconds between two refreshes of one page

_log = structlog.get_logger(__name__)

Work = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One open page of one person."""

    desk: Desk
    actor: Actor
    client: Client

    def handler(self, work: Work, *, done: str = "") -> Work:
        """Make an event handler: live session first (SEC-26), errors told, success said."""

        async def handle() -> None:
            with self.client:  # the button itself may be gone before its work is done
                if not self.desk.sessions.is_live(self.actor.session):
                    ui.navigate.to("/login")
                    return
                try:
                    await work()
                except PlatformError as error:
                    self.tell(error)
                else:
                    if done:
                        ui.notify(done, type="positive", position="top")

        return handle

    def tell(self, error: PlatformError) -> None:
        """Say what an error asks the person to do."""
        if isinstance(error, NotAllowed) and not self.desk.sessions.is_live(self.actor.session):
            ui.navigate.to("/login")
            return
        ui.notify(words_of(error), type="negative", position="top", multi_line=True)

    def keep_fresh(self, wants: Callable[[Change], bool], refresh: Work, stale: ui.label) -> None:
        """Refresh on every change that is wanted, and every few seconds; `stale` says when not."""
        subscription = self.desk.feed.subscribe(wants)
        self.client.on_delete(lambda: self.desk.feed.unsubscribe(subscription))

        async def follow() -> None:
            while not self.client.is_deleted:
                await subscription.changed(LOOK_EVERY)
                if self.client.has_socket_connection:
                    await self.look(refresh, stale)
                await asyncio.sleep(AT_MOST_EVERY)

        self.client.on_delete(background_tasks.create(follow(), context=self.client).cancel)

    async def look(self, refresh: Work, stale: ui.label) -> None:
        """Refresh once; `stale` says since when it does not work."""
        try:
            await refresh()
        except (NotAllowed, NotFound):
            ui.navigate.to("/")  # the guard sends an ended session on to the sign-in
        except Transient as error:
            now = self.desk.clock.now()
            stale.set_text(f"Not up to date since {now:%H:%M:%S} UTC: {error}")
            stale.set_visibility(True)
        else:
            stale.set_visibility(False)


def open_page(desk: Desk, request: Request) -> Page:
    """Open a page for the person the guard has found.

    Raises:
        NotAllowed: there is none.
    """
    actor = request.scope.get("state", {}).get("actor")
    if not isinstance(actor, Actor):
        raise NotAllowed("sign in first")
    return Page(desk=desk, actor=actor, client=ui.context.client)


def words_of(error: PlatformError) -> str:
    """Put an error in words; not allowed and not found are the same to a stranger."""
    match error:
        case InvalidInput():
            return "; ".join(str(problem) for problem in error.problems)
        case Conflict():
            return str(error)
        case NotAllowed() | NotFound():
            return str(error) or "not found"
        case Transient():
            return f"It did not work now, nothing was changed. Try again. ({error})"
        case OutcomeUnknown():
            return f"It may have been done or not: look before you try again. ({error})"
        case _:
            _log.error("page_action_failed", exc_info=error)
            return "It failed and was written to the log."
