"""Tables of view rows."""

from dataclasses import dataclass

from nicegui import ui

from botdashboard.widgets.marks import named

__all__ = ["Column", "data_table", "show_rows"]

_TONED = '<q-td :props="props"><span :class="\'kb-tone-\' + props.row.tone">{{ props.value }}</span></q-td>'
_LINKED = '<q-td :props="props"><a :href="props.row.href">{{ props.value }}</a></q-td>'
_MODE = (
    '<q-td :props="props"><span v-if="props.value" :class="\'kb-mode kb-mode-\' +'
    ' props.value.toLowerCase()">{{ props.value }}</span></q-td>'
)
_SLOTS = {"toned": _TONED, "linked": _LINKED, "mode": _MODE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: the row's key, its title, and how it looks."""

    key: str
    title: str
    is_number: bool = False
    look: str = ""


def data_table(columns: tuple[Column, ...], name: str, empty: str) -> ui.table:
    """Add a table without rows; `empty` says what to expect."""
    table = named(
        ui.table(
            columns=[
                {
                    "name": one.key,
                    "label": one.title,
                    "field": one.key,
                    "align": "right" if one.is_number else "left",
                    "classes": "kb-number" if one.is_number else "",
                }
                for one in columns
            ],
            rows=[],
            row_key="id",
        ).classes("kb-table"),
        name,
    )
    table.props("flat dense hide-pagination :rows-per-page-options=[0]")
    table.add_slot("no-data", f'<span class="kb-muted">{empty}</span>')
    for one in columns:
        if one.look:
            table.add_slot(f"body-cell-{one.key}", _SLOTS[one.look])
    return table


def show_rows(table: ui.table, rows: list[dict[str, str]]) -> None:
    """Show other rows; equal ones send nothing to the browser."""
    if table.rows != rows:
        table.rows = rows
