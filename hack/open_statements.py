"""Security statements that no test holds yet, each with what is missing."""

from collections.abc import Mapping
from typing import Final

__all__ = ["OPEN_STATEMENTS"]

OPEN_STATEMENTS: Final[Mapping[int, str]] = {
    45: "nobody is told yet",
    64: "sign-ins and refusals are held, the rest is not",
    65: "there is no page of the audit log yet",
}
