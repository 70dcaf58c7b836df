"""Every rule of every table is held by a test or openly by none, and the tables are current."""

from pathlib import Path

import pytest

from hack.rules import TABLES, Table

TESTS = Path(__file__).resolve().parents[1]
each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.letters)


@each_table
def test_table_holds_every_rule_once_with_what_it_says(table: Table) -> None:
    said = table.said()

    assert list(said) == list(table.rules)
    assert table.text.count(f"| {table.letters}-") == len(table.rules)
    assert all(len(words) > 10 for words in said.values())


@each_table
def test_every_rule_is_named_by_a_test_or_openly_by_none(
    table: Table, capsys: pytest.CaptureFixture[str]
) -> None:
    found = table.naming(TESTS)
    with capsys.disabled():
        for number, reason in table.open.items():
            print(f"\nopen: {table.letters}-{number}: {reason}")  # noqa: T201 so that nobody overlooks it

    untested = {number for number in table.rules if number not in found}
    assert untested == set(table.open), "a rule without a test, or a reason that is out of date"
    assert set(found) <= set(table.rules), "a test names a rule that does not exist"
    assert all(len(reason) > 10 for reason in table.open.values())


@each_table
def test_table_is_current(table: Table) -> None:
    assert table.rendered(table.naming(TESTS)) == table.text, "run `python -m hack.rules write`"


def test_rule_is_found_in_code_docstring_and_comment_above_of_a_test() -> None:
    # Letters of no table: a sample must not count as the test of a rule.
    source = '''"""Of the module: XX-3 to XX-5."""

# XX-6
@mark
def test_one():
    """XX-7."""


def a_builder():
    return 1  # XX-8


def test_two():
    assert True  # XX-9, I1, AXX-10
'''

    assert list(Table(letters="XX", path=Path(), rules=range(1)).named(source)) == [
        *[(number, "") for number in (3, 4, 5)],
        *[(number, "test_one") for number in (6, 7)],
        (8, ""),
        (9, "test_two"),
    ]


def test_rule_that_loses_its_test_is_shown_as_open_with_its_reason(tmp_path: Path) -> None:
    document = tmp_path / "rules.md"
    document.write_text("| XX-1 | a rule | [a test](x) |\n| XX-2 | another | [a test](x) |\n")
    table = Table(letters="XX", path=document, rules=range(1, 3), open={2: "needs a cluster"})

    assert table.rendered({}) == (
        "| XX-1 | a rule | open: no test names it |\n| XX-2 | another | open: needs a cluster |\n"
    )
