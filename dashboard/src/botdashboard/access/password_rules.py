"""What a new password must be, judged without asking anyone (SEC-1, SEC-4 to SEC-7)."""

from functools import cache

from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from botcore.domain.errors import InvalidInput

__all__ = ["LONGEST_PASSWORD", "SHORTEST_PASSWORD", "SHORTEST_WITH_FACTOR", "check_rules"]

SHORTEST_PASSWORD = 15  # characters, for accounts without a second factor
SHORTEST_WITH_FACTOR = 12  # characters
LONGEST_PASSWORD = 1024  # bytes
LONGEST_JUDGED = 72  # characters the estimate takes; what follows makes a password no weaker
LEAST_SCORE = 3  # of 4: at least 10^8 guesses
_PRODUCT_WORDS = ("kbots", "binance")
_GUESSED = "is too easily guessed: take a few words that have nothing to do with each other"


def check_rules(password: str, name: str, *, has_second_factor: bool = False) -> None:
    """Refuse a new password that is too short, too long or easily guessed; takes milliseconds of a core.

    Raises:
        InvalidInput: with the rule that is broken.
    """
    shortest = SHORTEST_WITH_FACTOR if has_second_factor else SHORTEST_PASSWORD
    if len(password.encode()) > LONGEST_PASSWORD:
        raise InvalidInput.of("password", f"must have at most {LONGEST_PASSWORD} bytes")
    if len(password) < shortest:
        raise InvalidInput.of("password", f"must have at least {shortest} characters")
    lowered = password.lower()
    for word in (*_PRODUCT_WORDS, name):
        if len(word) > 2 and word in lowered:
            raise InvalidInput.of("password", f'must not contain "{word}"')
    if lowered in _used() or _score(password, name) < LEAST_SCORE:
        raise InvalidInput.of("password", _GUESSED)


@cache
def _used() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])


def _score(password: str, name: str) -> int:
    found = zxcvbn(password[:LONGEST_JUDGED], user_inputs=[*_PRODUCT_WORDS, name])
    return int(found["score"])
