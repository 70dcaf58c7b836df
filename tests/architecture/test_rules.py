"""Every trading rule is held by a test, and the table of both is current."""

from pathlib import Path

import pytest

from hack import rules

TESTS = Path(__file__).resolve().parents[1]
TABLE = rules.TABLE.read_text(encoding="utf-8")


def test_table_holds_every_rule_once_with_what_it_says() -> None:
    said = rules.said(TABLE)

    assert list(said) == list(rules.RULES)
    assert TABLE.count("| TR-") == len(rules.RULES)
    assert all(len(words) > 10 for words in said.values())


def test_every_rule_is_named_by_a_test_or_openly_by_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = rules.naming(TESTS)
    with capsys.disabled():
        for number, reason in rules.OPEN.items():
            print(f"\nopen: TR-{number}: {reason}")  # noqa: T201 so that nobody overlooks it

    untested = {number for number in rules.RULES if number not in found}
    assert untested == set(rules.OPEN), "a rule without a test, or a reason that is out of date"
    assert set(found) <= set(rules.RULES), "a test names a rule that does not exist"


def test_table_is_current() -> None:
    current = rules.rendered(TABLE, rules.naming(TESTS))

    assert current == TABLE, "run `python -m hack.rules write`"


def test_rule_is_found_in_code_docstring_and_comment_above_of_a_test() -> None:
    source = '''"""Of the module: TR-3 to TR-5."""

# TR-6
@mark
def test_one():
    """TR-7."""


def a_builder():
    return 1  # TR-8


def test_two():
    assert True  # TR-9, I1
'''

    assert list(rules.named(source)) == [
        *[(number, "") for number in (3, 4, 5)],
        *[(number, "test_one") for number in (6, 7)],
        (8, ""),
        (9, "test_two"),
    ]
