"""How much of the fault tests is run: a sample by a fixed seed, or everything by a seed of its own."""

import os
import random
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["IS_WHOLE", "SEED", "sample"]

IS_WHOLE = os.environ.get("FAULTS", "") == "whole"  # noqa: TID251 the tests' own switch
SEED = int(os.environ.get("SEED", "") or 1)  # noqa: TID251 the tests' own switch
T = TypeVar("T")


def sample(all_of_them: Sequence[T], most: int) -> Sequence[T]:
    """Choose some, the same for a seed, where not everything is run."""
    if IS_WHOLE or len(all_of_them) <= most:
        return all_of_them
    return random.Random(SEED).sample(all_of_them, most)
