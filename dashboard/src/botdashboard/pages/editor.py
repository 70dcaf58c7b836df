"""The form of a bot's spec: refusals next to their field, and never a silent overwrite."""

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any

from nicegui import ui

from botcore.domain.errors import Conflict, InvalidInput
from botcore.resources.strategy_params import StrategyType
from botdashboard.pages.session import Page
from botdashboard.services.bots import ProofWanted
from botdashboard.views.forms import (
    FormField,
    Kind,
    Section,
    bot_form,
    problems_by_field,
    spec_with,
)
from botdashboard.views.merge import apply_on_top, differences
from botdashboard.views.records import BotRecord
from botdashboard.views.templates import new_strategy
from botdashboard.widgets.marks import heading, named

__all__ = ["Editor"]


class Editor:
    """Edits what was read at one generation; a newer one is shown, and the person decides."""

    def __init__(self, page: Page, record: BotRecord, keys: dict[str, str]) -> None:
        self._page = page
        self._keys = keys
        self._base = record
        self._newest = record
        self._draft: dict[str, Any] = deepcopy(dict(record.spec))
        self._inputs: dict[str, ui.input | ui.select] = {}
        self._sections: tuple[Section, ...] = ()
        self._saving = asyncio.Lock()
        self._differences = self._build_conflict()
        self._problems = named(
            ui.label().classes("kb-problem").props("role=alert"), "form-problems"
        )
        self._form = named(ui.element("div").classes("kb-form"), "editor")
        self._build()

    async def changed(self, record: BotRecord) -> None:
        """Take note of a newer generation, perhaps by someone else."""
        if record.generation <= self._newest.generation:
            return
        self._newest = record
        self._collect()
        others = [
            one
            for one in differences(self._base.spec, self._draft, record.spec)
            if one.field != "desiredState"
        ]
        if self._draft == self._base.spec or not others:
            self._rebase()
        else:
            self._show_conflict()

    def _rebase(self) -> None:
        self._draft = apply_on_top(self._base.spec, self._draft, self._newest.spec)
        self._base = self._newest
        self._build()

    def _build(self) -> None:
        self._sections = bot_form(self._draft, self._keys)
        self._inputs = {}
        self._conflict.set_visibility(False)
        self._problems.set_visibility(False)
        self._form.clear()
        with self._form:
            for section in self._sections:
                self._build_section(section)
            with ui.element("div").classes("kb-row"):
                for kind in StrategyType:
                    self._button(f"Add {kind}", self._adding(kind), f"add-{kind}")
            save = self._page.handler(self._save)
            named(ui.button("Save changes", on_click=save), "save")

    def _build_section(self, section: Section) -> None:
        with ui.element("fieldset").classes("kb-section"):
            with ui.element("div").classes("kb-row"):
                heading(3, section.title)
                if (
                    section.path.startswith("spec.strategies[")
                    and len(self._draft["strategies"]) > 1
                ):
                    self._button("Remove", self._removing(section), f"remove-{section.path}")
            with ui.element("div").classes("kb-fields"):
                for field in section.fields:
                    self._inputs[field.path] = _input(field)

    def _button(self, text: str, work: Callable[[], Awaitable[None]], name: str) -> None:
        named(
            ui.button(text, on_click=self._page.handler(work), color="info").props("outline dense"),
            name,
        )

    def _collect(self) -> None:
        fields = [field for section in self._sections for field in section.fields]
        typed = {path: str(one.value or "") for path, one in self._inputs.items()}
        self._draft = spec_with(self._draft, fields, typed)
        self._sections = bot_form(self._draft, self._keys)

    async def _save(self) -> None:
        # A second press waits, so that it acts on what the first one found.
        async with self._saving:
            self._collect()
            await self._store()

    async def _store(self) -> None:
        bots = self._page.desk.bots
        try:
            saved = await bots.apply(
                self._page.actor, self._base.key, self._draft, self._base.generation
            )
        except InvalidInput as error:
            self._show_problems(error)
        except ProofWanted as wanted:
            # A password never goes over a socket: a plain page asks for it.
            token = self._page.desk.confirmations.hold(
                self._page.actor, self._base.key, self._draft, self._base.generation, wanted.riskier
            )
            ui.navigate.to(f"/confirm/{token}")
        except Conflict:
            self._newest, _ = await bots.card(self._page.actor, self._base.key)
            self._show_conflict()
            ui.notify(
                "Not saved: changed meanwhile. Choose what to keep.", type="warning", position="top"
            )
        else:
            self._base = self._newest = saved
            self._draft = deepcopy(dict(saved.spec))
            self._build()
            ui.notify("Saved.", type="positive", position="top")

    def _show_problems(self, error: InvalidInput) -> None:
        at_fields, others = problems_by_field(error.problems, self._inputs)
        for path, one in self._inputs.items():
            one.error = at_fields.get(path)
        self._problems.set_text("; ".join(others))
        self._problems.set_visibility(bool(others))

    def _build_conflict(self) -> ui.element:
        """Build the notice once: a press on a button that is being built anew would be lost."""
        self._conflict = named(ui.element("div"), "conflict")
        with self._conflict, ui.element("div").classes("kb-halt").props("role=alert"):
            ui.label("Changed meanwhile, by someone else or in another tab:").classes("kb-title")
            lines = ui.element("div")
            with ui.element("div").classes("kb-row"):
                self._button("Load what is saved", self._reload, "conflict-reload")
                self._button("Put my changes on top", self._put_on_top, "conflict-on-top")
        return lines

    def _show_conflict(self) -> None:
        self._differences.clear()
        with self._differences:
            for one in differences(self._base.spec, self._draft, self._newest.spec):
                ui.label(f"{one.field}: in your form “{one.yours}”, saved now “{one.theirs}”")
        self._conflict.set_visibility(True)

    async def _reload(self) -> None:
        self._draft = deepcopy(dict(self._newest.spec))
        self._base = self._newest
        self._build()

    async def _put_on_top(self) -> None:
        async with self._saving:
            self._collect()
            self._rebase()
            await self._store()

    def _adding(self, kind: str) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            self._collect()
            taken = {one["name"] for one in self._draft["strategies"]}
            self._draft["strategies"] = [*self._draft["strategies"], new_strategy(kind, taken)]
            self._build()

        return act

    def _removing(self, section: Section) -> Callable[[], Awaitable[None]]:
        async def act() -> None:
            self._collect()
            index = int(section.path.partition("[")[2].rstrip("]"))
            del self._draft["strategies"][index]
            self._build()

        return act


def _input(field: FormField) -> ui.input | ui.select:
    made: ui.input | ui.select
    if field.kind is Kind.CHOICE:
        made = ui.select(dict(field.options or {}), value=field.value, label=field.label)
    else:
        made = ui.input(field.label, value=field.value)
        made.props["inputmode"] = {"integer": "numeric", "decimal": "decimal"}.get(
            field.kind, "text"
        )
    made.props("outlined dense")
    made.props["suffix"] = field.unit
    made.props["hint"] = field.help
    return named(made.classes("kb-field"), field.path)
