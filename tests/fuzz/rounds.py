"""Rounds of random examples: one per test in `make test`, as many as fit FUZZ_SECONDS in `make fuzz-exchange`."""

import itertools
import os
import secrets
import sys
import time
import warnings

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisWarning

SECONDS = int(os.environ.get("FUZZ_SECONDS", "0"))  # noqa: TID251 the tests' own switch
_GIVEN_SEED = os.environ.get("SEED", "")  # noqa: TID251 the tests' own switch
SEED = int(_GIVEN_SEED) if _GIVEN_SEED else secrets.randbelow(10**9) if SECONDS else 1


def run_rounds(check, *strategies, share, examples):
    """Check random examples for this share of the seconds; each round's seed repeats it as a first round."""
    deadline = time.monotonic() + SECONDS * share
    for number in itertools.count(SEED):
        sys.stdout.write(f"fuzz: SEED={number}\n")  # shown if the test fails
        _one_round(check, strategies, number, examples)
        if time.monotonic() >= deadline:
            return


def _one_round(check, strategies, number, examples):
    # Settings of their own: the profile that is loaded in CI would ignore the seed.
    plan = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),  # to explain a failure would take minutes
        suppress_health_check=list(HealthCheck),
    )

    def example(values):
        check(*values)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisWarning)  # that an example is long to print
        seed(number)(plan(given(st.tuples(*strategies))(example)))()
