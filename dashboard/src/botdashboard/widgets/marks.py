"""Small marks: test ids, the mode, a state, a labelled figure."""

from typing import TypeVar

from nicegui import ui

__all__ = ["figure", "heading", "mode_mark", "named", "pill", "set_tone"]

Element = TypeVar("Element", bound=ui.element)
_TONES = ("good", "bad", "warn", "muted", "gain", "loss", "flat")


def named(element: Element, name: str) -> Element:
    """Give an element the id by which tests find it."""
    element.props["data-testid"] = name
    element.mark(name)
    return element


def heading(level: int, text: str) -> ui.label:
    """Add a heading."""
    label = ui.label(text).classes(f"kb-h{level}")
    label.tag = f"h{level}"
    return label


def mode_mark(mode: str) -> ui.label:
    """Show PAPER, TESTNET or LIVE, each with a border and colour of its own."""
    return named(ui.label(mode).classes(f"kb-mode kb-mode-{mode.lower()}"), "mode")


def pill(text: str, tone: str) -> ui.label:
    """Show a state in a word."""
    return ui.label(text).classes(f"kb-pill kb-tone-{tone}")


def set_tone(label: ui.label, text: str, tone: str) -> None:
    """Change what a label says and how it looks."""
    label.set_text(text)
    label.classes(
        add=f"kb-tone-{tone}", remove=" ".join(f"kb-tone-{one}" for one in _TONES if one != tone)
    )


def figure(title: str, name: str) -> ui.label:
    """Add a figure under its title and answer the label to fill."""
    with ui.element("div").classes("kb-figure"):
        ui.label(title).classes("kb-muted")
        return named(ui.label().classes("kb-number"), name)
