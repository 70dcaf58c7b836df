"""What a new password must be."""

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from botcore.domain.errors import InvalidInput
from botdashboard.access.password_rules import SHORTEST_PASSWORD, check_rules


# SEC-7
@pytest.mark.parametrize(
    "password", ["I like kbots very much", "my Binance passphrase", "Alice in wonderland"]
)
def test_password_with_a_word_everybody_tries_first_is_refused(password):
    with pytest.raises(InvalidInput, match="must not contain"):
        check_rules(password, "alice")


@pytest.mark.parametrize(
    "password", ["aaaaaaaaaaaaaaaabbbb", "passwordpassword1", "Qwertyuiop1234567890", "1234567890qwertz"]
)  # fmt: skip
def test_easily_guessed_password_is_refused(password):
    with pytest.raises(InvalidInput, match="too easily guessed"):
        check_rules(password, "alice")


# SEC-6
def test_no_used_password_is_taken_as_it_is_nor_with_its_usual_variations():
    used = FREQUENCY_LISTS["passwords"]
    long_enough = [one for one in used if len(one) >= SHORTEST_PASSWORD]
    taken = [one for one in long_enough if is_taken(one)]
    lengthened = [one + "1" * max(1, SHORTEST_PASSWORD - len(one)) for one in used[::300]]

    assert len(used) >= 30_000
    assert taken == []
    assert [one for one in lengthened if is_taken(one)] == []


# SEC-5
@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "        four words  and some", "🦄🐎🐴🎠🏇 and the tail end"]
)  # fmt: skip
def test_long_password_of_any_characters_is_taken(password):
    check_rules(password, "alice")


# SEC-1
def test_second_factor_allows_a_shorter_password_and_nothing_below_twelve():
    with pytest.raises(InvalidInput, match="at least 15 characters"):
        check_rules("zrM7 qkd vho0", "alice")
    check_rules("zrM7 qkd vho0", "alice", has_second_factor=True)
    with pytest.raises(InvalidInput, match="at least 12 characters"):
        check_rules("zrM7 qkd vh", "alice", has_second_factor=True)


# SEC-4
def test_password_over_the_limit_is_refused_before_it_is_judged():
    with pytest.raises(InvalidInput, match="at most 1024 bytes"):
        check_rules("päss" * 400, "alice")


def test_password_longer_than_what_is_judged_is_taken():
    check_rules("seven quiet lighthouses answer " * 5, "alice")


def is_taken(password):
    try:
        check_rules(password, "nobody-in-particular")
    except InvalidInput:
        return False
    return True
