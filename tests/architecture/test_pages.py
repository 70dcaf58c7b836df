"""What pages may do with what people and exchanges write, and what every handler goes through."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.sources import ROOT, tree_of

DASHBOARD = ROOT / "dashboard" / "src" / "botdashboard"
HANDLERS = {"on_click", "on_change", "on_submit", "on_value_change"}
RAW_TEXT = {"html", "run_javascript", "style", "add_css", "sub_pages", "restructured_text"}


def modules(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for path in sorted((DASHBOARD / folder).rglob("*.py")):
            yield path, tree_of(path)


def is_wrapped(value: ast.expr | None) -> bool:
    """Tell whether this is made by `Page.handler`."""
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "handler"
    )


def is_way_on(value: ast.expr) -> bool:
    """Tell whether this only leads to another page, which the guard judges by itself."""
    return isinstance(value, ast.Lambda) and ast.unparse(value.body).startswith("ui.navigate.to(")


def makers(tree: ast.Module) -> set[str]:
    """Name what holds a wrapped handler: variables, and functions that answer nothing else."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and is_wrapped(node.value):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.FunctionDef):
            answers = [
                one.value
                for one in ast.walk(node)
                if isinstance(one, ast.Return) and one.value is not None
            ]
            if answers and all(map(is_wrapped, answers)):
                found.add(node.name)
    return found


def unwrapped(tree: ast.Module) -> list[int]:
    """Answer the lines whose handlers do not go through the wrapper."""
    known, lines = makers(tree), []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        given = [word.value for word in node.keywords if word.arg in HANDLERS]
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"on", *HANDLERS}:
            given += node.args[1:] if node.func.attr == "on" else node.args
        for value in given:
            name = value.func if isinstance(value, ast.Call) else value
            is_known = isinstance(name, ast.Name) and name.id in known
            if not (is_wrapped(value) or is_known or is_way_on(value)):
                lines.append(node.lineno)
    return lines


# SEC-58
def test_every_handler_goes_through_the_wrapper() -> None:
    loose = [
        f"{path.name}:{line}"
        for path, tree in modules("pages", "widgets")
        if path.name != "sockets.py"  # the guard itself: it is in front of all of them
        for line in unwrapped(tree)
    ]

    assert loose == []


def test_handler_that_does_not_is_found() -> None:
    source = """
def show(page):
    good = page.handler(work)
    ui.button("a", on_click=good)
    ui.button("b", on_click=page.handler(work))
    ui.select(on_change=lambda event: ui.navigate.to("/"))
    ui.button("c", on_click=work)
    ui.input().on("blur", work)
    ui.button("d", on_click=lambda: delete())
"""
    assert unwrapped(ast.parse(source)) == [7, 8, 9]


# SEC-55, SEC-56
def test_no_text_goes_past_the_escaping_and_no_page_is_built_over_a_socket() -> None:
    raw = [
        f"{path.name}:{node.lineno} {ast.unparse(node.func)}"
        for path, tree in modules("pages", "widgets", "api")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (
            node.func.attr in RAW_TEXT
            or (
                node.func.attr in {"add_head_html", "add_body_html"}
                and not all(isinstance(one, ast.Constant) for one in node.args)
            )
            or any(word.arg == "sanitize" for word in node.keywords)
        )
    ]

    assert raw == []


# SEC-55
def test_text_that_counts_as_html_is_the_picture_alone() -> None:
    marked = [
        path.name
        for path, tree in modules("pages", "widgets", "api", "views", "services")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Markup")
    ]
    loose = [
        path.name
        for path in (DASHBOARD / "api" / "templates").glob("*.html")
        if re.search(r"\|\s*safe|autoescape|<script|\son\w+=|style=", path.read_text("utf-8"))
    ]

    assert marked == ["security.py"]
    assert loose == []
