"""What the documents say exists."""

import re

from tests.support.sources import ROOT

ADRS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
PARTS = ("Status", "Context", "Decision", "Consequences", "Enforced by")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))


def test_every_decision_record_is_in_the_index_once() -> None:
    index = text("docs/adr/README.md")

    assert ADRS
    assert [record.name for record in ADRS if index.count(f"({record.name})") != 1] == []
    assert set(re.findall(r"\((\d{4}-[^)]+\.md)\)", index)) == {record.name for record in ADRS}


def test_decision_records_are_numbered_without_a_gap_and_complete() -> None:
    assert [int(record.name[:4]) for record in ADRS] == list(range(1, len(ADRS) + 1))
    for record in ADRS:
        missing = [part for part in PARTS if f"**{part}" not in record.read_text(encoding="utf-8")]
        assert missing == [], record.name


def test_readme_has_five_commands_and_the_makefile_has_them() -> None:
    commands = re.findall(r"^make ([a-z-]+)", text("README.md"), re.MULTILINE)

    assert len(commands) == 5
    assert set(commands) <= targets()


def test_contributing_names_targets_that_exist() -> None:
    named = set(re.findall(r"`make ([a-z-]+)", text("CONTRIBUTING.md")))

    assert named
    assert named <= targets()


def test_every_public_target_has_its_help_line() -> None:
    public = set(re.findall(r"^([a-z-]+):.*## ", text("Makefile"), re.MULTILINE))

    assert {"setup", "check", "test", "run", "fmt", "lock", "clean", "help"} <= public


def test_architecture_fits_on_its_pages_and_its_map_exists() -> None:
    architecture = text("ARCHITECTURE.md")
    mapped = re.findall(r"\| `([\w.*-]+/[\w./*-]+)` \|$", architecture, re.MULTILINE)

    assert len(architecture.splitlines()) <= 200
    assert mapped
    assert [path for path in mapped if not list(ROOT.glob(path))] == []


def test_pictures_that_documents_show_exist() -> None:
    for document in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        shown = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text(document))
        assert [path for path in shown if not (ROOT / path).is_file()] == []
