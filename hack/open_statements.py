"""Security statements that no test holds yet, each with what is missing."""

from collections.abc import Mapping
from typing import Final

__all__ = ["OPEN_STATEMENTS"]

OPEN_STATEMENTS: Final[Mapping[int, str]] = {}
