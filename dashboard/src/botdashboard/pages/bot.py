"""The page of one bot: wanted and actual, figures, form, decisions, log, deletion."""

from collections.abc import Awaitable, Callable

from nicegui import ui
from starlette.requests import Request

from botcore.ledger.report_rows import HaltRow
from botcore.resources.trading_bot import DesiredState
from botdashboard.access.policy import Actor
from botdashboard.pages.details import Details
from botdashboard.pages.editor import Editor
from botdashboard.pages.frame import framed
from botdashboard.pages.halts import halt_form, show_halts
from botdashboard.pages.session import Page
from botdashboard.services.desk import Desk
from botdashboard.services.live import Change
from botdashboard.views.bots import BotCard, ConditionView
from botdashboard.views.keys import key_options
from botdashboard.views.records import BotKey, BotRecord
from botdashboard.widgets.marks import figure, heading, mode_mark, named, pill, set_tone

__all__ = ["register"]

_STATES = (
    (DesiredState.RUNNING, "Run", "Trades."),
    (DesiredState.PAUSED, "Pause", "Opens nothing new and keeps managing what is open."),
    (DesiredState.FLAT, "Flat", "Sells its own lots, then pauses."),
    (DesiredState.STOPPED, "Stop", "Ends after its stop rules: cancels its orders by default."),
)


def register(desk: Desk) -> None:
    """Add the page."""

    @ui.page("/bots/{namespace}/{name}", title="Bot · kbots")
    async def show(request: Request, namespace: str, name: str) -> None:
        async with framed(desk, request, name) as page:
            key = BotKey(namespace=namespace, name=name)
            record, card = await desk.bots.card(page.actor, key)
            keys = key_options(await desk.keys.list(page.actor))
            view = _BotPage(page, record, card, keys)
            await view.refresh()
            page.keep_fresh(view.wants, view.refresh, view.stale)


class _BotPage:
    def __init__(self, page: Page, record: BotRecord, card: BotCard, keys: dict[str, str]) -> None:
        self._page = page
        self._record = record
        self._halts: tuple[HaltRow, ...] = ()
        self._conditions: tuple[ConditionView, ...] = ()
        self._head(card)
        self._status()
        self._controls()
        self._details = Details(page, str(record.spec.get("quoteAsset", "")))
        with named(ui.expansion("Settings", value=True).classes("kb-card"), "settings"):
            self._editor = Editor(page, record, keys)
        self._details.explanations()
        self._details.others()
        self._deletion()

    def wants(self, change: Change) -> bool:
        """Wake on what concerns this bot, and on every halt."""
        mine = {"resource": str(self._record.key), "bot": str(self._record.uid)}
        return change.kind == "halt" or mine.get(change.kind) == change.subject

    async def refresh(self) -> None:
        """Read again and change what changed."""
        desk, actor = self._page.desk, self._page.actor
        # First what shows without the API server.
        self._details.show(await desk.bots.details(actor, self._record))
        record, card = await desk.bots.card(actor, self._record.key)
        self._record = record
        self._show(card)
        await self._editor.changed(record)

    def _head(self, card: BotCard) -> None:
        with ui.element("div").classes("kb-row"):
            heading(1, card.key.name)
            mode_mark(card.mode)
            self._actual = named(pill("", "muted"), "actual")
            ui.element("span").classes("kb-grow")
            self._wanted = named(ui.label().classes("kb-muted"), "wanted")
            named(ui.link("Live trading", f"/bots/{card.key}/live"), "live-trading")
        self.stale = named(ui.label().classes("kb-stale").props("role=status"), "stale")
        self.stale.set_visibility(False)
        self._halt_list = named(ui.element("div"), "halts")

    def _status(self) -> None:
        with named(ui.element("section").classes("kb-card"), "status"):
            heading(2, "Status")
            self._note = named(ui.label().classes("kb-note"), "note")
            with ui.element("div").classes("kb-figures"):
                self._equity = figure("Equity", "equity")
                self._today = figure("Today", "today")
                self._total = figure("Since its start", "total")
                self._positions = figure("Positions", "positions")
                self._heartbeat = figure("Heartbeat", "heartbeat")
                self._update = figure("Settings", "update")
            self._condition_list = named(ui.element("ul").classes("kb-list"), "conditions")

    def _controls(self) -> None:
        self._state_buttons: dict[str, ui.button] = {}
        with named(ui.element("section").classes("kb-card"), "controls"):
            heading(2, "What it should do")
            with ui.element("div").classes("kb-row"):
                for state, text, effect in _STATES:
                    handler = self._page.handler(
                        self._setting(state), done=f"Saved: {state}. {effect}"
                    )
                    button = named(ui.button(text, on_click=handler), f"state-{state}")
                    self._state_buttons[state.value] = button.tooltip(effect)
            with ui.element("div").classes("kb-row"):
                halt_form(self._page, "Halt this bot now", self._halt, "halt")

    def _show(self, card: BotCard) -> None:
        set_tone(self._actual, card.actual, card.actual_tone)
        self._wanted.set_text(f"wanted: {card.wanted} → actual: {card.actual}")
        for state, button in self._state_buttons.items():
            button.props["outline"] = state != card.wanted
            button.props["color"] = "primary" if state == card.wanted else "info"
            button.props["aria-pressed"] = str(state == card.wanted).lower()
        self._note.set_text(card.note)
        self._note.set_visibility(bool(card.note))
        self._equity.set_text(card.equity)
        set_tone(self._today, card.today, card.today_tone)
        set_tone(self._total, card.total, card.total_tone)
        self._positions.set_text(card.positions)
        self._heartbeat.set_text(card.heartbeat)
        self._update.set_text(card.update)
        if card.halts != self._halts:
            self._halts = card.halts
            self._halt_list.clear()
            with self._halt_list:
                show_halts(self._page, card.halts)
        if card.conditions != self._conditions:
            self._conditions = card.conditions
            self._show_conditions()

    def _show_conditions(self) -> None:
        self._condition_list.clear()
        with self._condition_list:
            for one in self._conditions:
                with named(ui.element("li").classes("kb-row"), f"condition-{one.name}"):
                    pill(one.text, one.tone)
                    ui.label(f"{one.reason}: {one.message}" if one.message else one.reason)

    def _setting(self, state: DesiredState) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            await self._page.desk.bots.set_state(self._page.actor, self._record.key, state)

        return act

    async def _halt(self, actor: Actor, reason: str) -> None:
        await self._page.desk.bots.halt(actor, self._record, reason)

    def _deletion(self) -> None:
        with named(ui.expansion("Delete this bot").classes("kb-card"), "deletion"):
            ui.label(
                "It stops by its stop rules first. Its trades stay in the log; this can't be undone."
            )
            name = named(
                ui.input(f"Type {self._record.key.name} to delete it").props("outlined dense"),
                "delete-name",
            )

            async def act() -> None:
                bots = self._page.desk.bots
                await bots.delete(self._page.actor, self._record.key, str(name.value or "").strip())
                ui.navigate.to("/")

            handler = self._page.handler(act)
            named(ui.button("Delete", on_click=handler, color="negative"), "delete")
