"""What a bot holds, waits for, decided and logged."""

from nicegui import ui

from botdashboard.pages.session import Page
from botdashboard.services.bots import BotDetails
from botdashboard.views.trades import (
    adjustment_rows,
    balance_rows,
    decision_rows,
    external_rows,
    log_rows,
    order_rows,
    position_rows,
)
from botdashboard.widgets.marks import heading, named
from botdashboard.widgets.tables import Column, data_table, show_rows

__all__ = ["Details"]

_POSITIONS = (
    Column(key="strategy", title="Strategy"),
    Column(key="symbol", title="Symbol"),
    Column(key="quantity", title="Quantity", is_number=True),
    Column(key="entry", title="Average entry", is_number=True),
    Column(key="profit", title="Realised profit", is_number=True, look="toned"),
)
_BALANCES = (
    Column(key="asset", title="Asset"),
    Column(key="free", title="Free", is_number=True),
    Column(key="locked", title="In orders", is_number=True),
)
_ORDERS = (
    Column(key="time", title="Time (UTC)"),
    Column(key="symbol", title="Symbol"),
    Column(key="order", title="Order"),
    Column(key="purpose", title="Why"),
    Column(key="quantity", title="Quantity", is_number=True),
    Column(key="filled", title="Filled", is_number=True),
    Column(key="price", title="Price", is_number=True),
    Column(key="status", title="Status"),
)
_EXTERNAL = (
    *(column for column in _ORDERS if column.key != "purpose"),
    Column(key="by", title="Placed by"),
)
_ADJUSTMENTS = (
    Column(key="time", title="Time (UTC)"),
    Column(key="asset", title="Asset"),
    Column(key="kind", title="Looks like"),
    Column(key="amount", title="Change", is_number=True),
    Column(key="before", title="Before", is_number=True),
    Column(key="after", title="After", is_number=True),
    Column(key="lots", title="Of the bot's own", is_number=True),
)
_DECISIONS = (
    Column(key="time", title="Candle closed (UTC)"),
    Column(key="strategy", title="Strategy"),
    Column(key="symbol", title="Symbol"),
    Column(key="price", title="Price", is_number=True),
    Column(key="action", title="Action"),
    Column(key="reason", title="Because"),
)
_LOG = (
    Column(key="time", title="Time (UTC)"),
    Column(key="level", title="Level"),
    Column(key="event", title="Event"),
    Column(key="facts", title="Facts"),
)


class Details:
    """The tables of a bot's page."""

    def __init__(self, page: Page, unit: str) -> None:
        self._page = page
        self._unit = unit
        with ui.element("div").classes("kb-pair"):
            with ui.element("section").classes("kb-card"):
                heading(2, "Positions")
                self._positions = data_table(_POSITIONS, "positions-table", "No positions yet.")
            with ui.element("section").classes("kb-card"):
                heading(2, "Balances")
                self._balances = data_table(_BALANCES, "balances-table", "No balances yet.")
        with ui.element("section").classes("kb-card"):
            heading(2, "Open orders")
            self._orders = data_table(_ORDERS, "orders-table", "No open orders.")

    def explanations(self) -> None:
        """Add why it did or did not trade, and its log."""
        with ui.element("section").classes("kb-card"):
            heading(2, "Why did it trade, or not?")
            self._decisions = data_table(
                _DECISIONS,
                "decisions",
                "Nothing decided yet: a strategy decides when a candle closes.",
            )
        with named(ui.expansion("Log").classes("kb-card"), "log-card"):
            self._log = data_table(_LOG, "log", "Nothing logged yet.")

    def others(self) -> None:
        """Add what others do on the bot's account."""
        with named(
            ui.expansion("Done by others on this account").classes("kb-card"), "others-card"
        ):
            ui.label(
                "Orders and changes of balances that are not the bot's own. It leaves them alone, and"
                " they change nothing about its profit."
            ).classes("kb-muted")
            self._external = data_table(_EXTERNAL, "external-orders", "No orders of others.")
            self._adjustments = data_table(_ADJUSTMENTS, "adjustments", "No changes by others.")

    def show(self, details: BotDetails) -> None:
        """Show what was read."""
        show_rows(self._positions, position_rows(details.positions, self._unit))
        show_rows(self._balances, balance_rows(details.balances))
        show_rows(self._orders, order_rows(details.orders))
        show_rows(self._decisions, decision_rows(details.decisions))
        show_rows(self._external, external_rows(details.external_orders))
        show_rows(self._adjustments, adjustment_rows(details.adjustments))
        show_rows(self._log, log_rows(details.log))
