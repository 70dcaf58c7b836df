"""A bot's card on the overview; texts change in place, so that focus and scroll stay."""

from nicegui import ui

from botdashboard.views.bots import BotCard
from botdashboard.widgets.marks import figure, mode_mark, named, pill, set_tone

__all__ = ["BotCardView"]


class BotCardView:
    """One card."""

    def __init__(self, card: BotCard) -> None:
        self.mode = card.mode
        with named(ui.element("article").classes("kb-card"), f"bot-{card.key.name}"):
            with ui.element("div").classes("kb-row"):
                title = ui.link(card.key.name, card.href).classes("kb-title")
                named(title, f"open-{card.key.name}")
                mode_mark(card.mode)
                ui.element("span").classes("kb-grow")
                self._actual = named(pill("", "muted"), "actual")
            self._wanted = named(ui.label().classes("kb-muted"), "wanted")
            self._note = named(ui.label().classes("kb-note"), "note")
            with ui.element("div").classes("kb-figures"):
                self._equity = figure("Equity", "equity")
                self._today = figure("Today", "today")
                self._positions = figure("Positions", "positions")
                self._age = figure("Age", "age")
            with ui.element("div").classes("kb-conditions"):
                self._conditions = ui.label().classes("kb-muted")
                named(self._conditions, "conditions")
        self.show(card)

    def show(self, card: BotCard) -> None:
        """Show the card's figures as they are now."""
        set_tone(self._actual, card.actual, card.actual_tone)
        self._wanted.set_text(f"wanted: {card.wanted} → actual: {card.actual}")
        self._note.set_text(card.note)
        self._note.set_visibility(bool(card.note))
        self._equity.set_text(card.equity)
        set_tone(self._today, card.today, card.today_tone)
        self._positions.set_text(card.positions)
        self._age.set_text(card.age)
        marks = {"good": "✓", "bad": "✗"}
        self._conditions.set_text(
            "  ".join(f"{marks.get(one.tone, '?')} {one.text}" for one in card.conditions)
            or "no conditions yet"
        )
