"""A new paper bot from a template; everything else is changed on its own page."""

from nicegui import ui
from starlette.requests import Request

from botcore.domain.errors import InvalidInput
from botdashboard.pages.frame import framed
from botdashboard.pages.session import Page
from botdashboard.services.desk import Desk
from botdashboard.views.records import BotKey
from botdashboard.views.templates import TEMPLATES, paper_spec
from botdashboard.widgets.marks import heading, mode_mark, named

__all__ = ["register"]


def register(desk: Desk) -> None:
    """Add the page."""

    @ui.page("/new-bot", title="New bot · kbots")
    async def show(request: Request) -> None:
        async with framed(desk, request, "New bot") as page:
            _Form(page)


class _Form:
    def __init__(self, page: Page) -> None:
        self._page = page
        with ui.element("div").classes("kb-row"):
            heading(1, "New bot")
            mode_mark("PAPER")
        ui.label("It trades play money on the built-in exchange, and no key is needed.")
        with ui.element("div").classes("kb-card kb-form kb-narrow"):
            self._name = ui.input("Name").props(
                'outlined autofocus maxlength=50 hint="Small letters, digits and dashes."'
            )
            named(self._name, "name")
            self._money = ui.input("Paper money", value="10000").props("outlined suffix=USDT")
            named(self._money, "money")
            self._template = named(
                ui.radio({one.id: one.title for one in TEMPLATES}, value=TEMPLATES[0].id),
                "template",
            )
            for one in TEMPLATES:
                ui.label(f"{one.title}: {one.text}").classes("kb-muted")
            self._problems = named(ui.label().classes("kb-problem").props("role=alert"), "problems")
            self._problems.set_visibility(False)
            create = page.handler(self._create)
            named(ui.button("Start this bot", on_click=create), "create")

    async def _create(self) -> None:
        name = str(self._name.value or "").strip()
        spec = paper_spec(str(self._template.value), str(self._money.value or "").strip())
        key = BotKey(namespace=self._page.desk.namespace, name=name)
        try:
            await self._page.desk.bots.create(self._page.actor, key, spec)
        except InvalidInput as error:
            self._show(error)
        else:
            ui.navigate.to(f"/bots/{key}")

    def _show(self, error: InvalidInput) -> None:
        fields = {"metadata.name": self._name, "spec.paper.balances.USDT": self._money}
        for path, field in fields.items():
            field.error = next((one.message for one in error.problems if one.field == path), None)
        others = [str(one) for one in error.problems if one.field not in fields]
        self._problems.set_text("; ".join(others))
        self._problems.set_visibility(bool(others))
