"""The house rules about files: names, exports, package fronts, and what no tracked file may hold."""

import ast
import re
from pathlib import Path

from tests.support.sources import (
    PACKAGES,
    ROOT,
    package_files,
    python_files,
    tracked_files,
    tree_of,
)

BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
# Built from parts, so that this file does not hold them either.
FOREIGN = {
    "package host": r"\b(pypi|pythonhosted|npmjs|crates)\." + r"(org|com|io)\b",
    "package source option": r"--(extra-)?index" + r"-url\s+\S+://|find" + r"-links\s*=?\s*[/\w]+:",
    "absolute path of a machine": r"(?<![\w.$}/])/(work|root|Users)" + r"/[\w.]+",
}
BINARY = {".png", ".ico", ".woff2", ".jpg"}


def exports(tree: ast.Module) -> ast.expr | None:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(getattr(target, "id", "") == "__all__" for target in targets):
            return node.value if isinstance(node, ast.Assign) else None
    return None


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_folder_operator_is_no_package() -> None:
    # A package `operator` at the root would shadow Python's own module.
    assert not (ROOT / "operator" / "__init__.py").exists()


def test_every_member_has_its_package() -> None:
    for folder, package in PACKAGES.items():
        assert (ROOT / folder / "src" / package / "__init__.py").is_file()
        assert (ROOT / folder / "src" / package / "py.typed").is_file()


def test_every_module_says_what_it_exports() -> None:
    silent = [
        names(path)
        for path in [*package_files(), *python_files("hack")]
        if path.name != "__init__.py" and exports(tree_of(path)) is None
    ]

    assert not silent, "\n".join(silent)


def test_package_fronts_hold_a_docstring_only() -> None:
    busy = [
        names(path)
        for path in package_files()
        if path.name == "__init__.py"
        and (ast.get_docstring(tree_of(path)) is None or len(tree_of(path).body) != 1)
    ]

    assert not busy, "\n".join(busy)


def test_every_module_has_a_docstring() -> None:
    silent = [names(path) for path in package_files() if ast.get_docstring(tree_of(path)) is None]

    assert not silent, "\n".join(silent)


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [
        names(path)
        for path in [*package_files(), *python_files("hack", "tests")]
        if {path.stem, *(part.name for part in path.relative_to(ROOT).parents)} & BANNED_NAMES
    ]

    assert not vague, "\n".join(vague)


def test_sql_driver_is_imported_in_the_ledger_and_the_exchanges_store_alone() -> None:
    store = "exchange/src/botexchange/storage/postgres.py"
    importers = [
        names(path)
        for path in [*package_files(), *python_files("hack")]
        if "botcore/ledger" not in names(path)
        and names(path) != store
        and any(module.split(".")[0].startswith("psycopg") for module in imported(tree_of(path)))
    ]

    assert not importers, "\n".join(importers)


def imported(tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
    return found


def test_no_tracked_file_names_a_package_source_or_a_machine() -> None:
    held = [
        f"{names(path)}:{number} {what}"
        for path in tracked_files()
        if path.suffix not in BINARY
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for what, pattern in FOREIGN.items()
        if re.search(pattern, line)
    ]

    assert not held, "\n".join(held)


def test_lock_files_carry_hashes_for_every_pin() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
        pins = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        assert pins
        assert [line for line in pins if "--hash=sha256:" not in line] == []


def test_skips_say_what_is_missing() -> None:
    silent = [
        f"{names(path)}:{node.lineno}"
        for path in python_files("tests")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute | ast.Call) and is_silent_skip(node)
    ]

    assert not silent, "\n".join(silent)


def is_silent_skip(node: ast.Attribute | ast.Call) -> bool:
    """Tell whether this is a skip without a reason: a bare mark, or a call that gives none."""
    if isinstance(node, ast.Attribute):
        return False
    match node.func:
        case ast.Attribute(value=ast.Name(id="pytest"), attr="skip"):
            return not node.args and not any(word.arg == "reason" for word in node.keywords)
        case ast.Attribute(value=ast.Attribute(attr="mark"), attr="skip" | "skipif" | "xfail"):
            return not any(word.arg == "reason" for word in node.keywords)
        case _:
            return False
