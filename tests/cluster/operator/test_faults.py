"""Bots' lives while the API server refuses, falls silent, loses answers and cuts watches: they end as calm ones."""

from collections.abc import Mapping

import pytest

from tests.cluster.operator.faults_run import IS_WHOLE, SEED
from tests.cluster.operator.lives import Lives
from tests.cluster.operator.restarting import KeptOperator
from tests.support.faults.choosing import Fault, Faults

CALM, NAMES = "life-0", ["life-1", "life-2"]
# A look is about eight requests: at these rates some looks fail at every place and some come through.
RATES = {
    Fault.CONFLICT: 0.3,
    Fault.GONE: 0.6,
    Fault.BUSY: 0.08,
    Fault.BROKEN: 0.08,
    Fault.UNAVAILABLE: 0.08,
    Fault.SILENT: 0.05,
    Fault.LOST_ANSWER: 0.3,
    Fault.CUT: 0.8,
    Fault.DELAY: 0.4,
}
MIX = {fault: rate / 5 for fault, rate in RATES.items()}
EACH = [(fault.value, {fault: rate}) for fault, rate in RATES.items()]
CASES = [("all", MIX), *([*EACH, ("all-2", MIX), ("all-3", MIX)] if IS_WHOLE else [])]
# A life without faults writes about twenty times; each failed look repeats at most one write and one event.
MOST_WRITES = 80


def live_through(kept: KeptOperator, lives: Lives, rates: Mapping[Fault, float], seed: int) -> None:
    """Make, change and remove bots under faults; as soon as they end everything is as without them."""
    print(f"SEED={seed}, logs in {lives.operator.folder}")  # noqa: T201 shown if the test fails
    proxy = lives.proxy
    lives.create([CALM])
    lives.rest(CALM, 1)
    lives.change([CALM])
    calm = lives.rest(CALM, 2)

    proxy.faults = Faults(seed, rates)
    kept.kill()  # the next one opens its watches under the faults
    lives.create(NAMES)
    lives.wait_told(NAMES, "Running")
    lives.change(NAMES)
    lives.wait_told(NAMES, "Paused")
    proxy.be_calm()
    lives.wait_like(NAMES, calm)

    # Exits are not blocked: the order to stop arrives while the faults last.
    proxy.faults = Faults(seed + 1, rates)
    lives.delete(NAMES)
    lives.wait_told(NAMES, "Stopped")
    proxy.be_calm()
    lives.wait_gone(NAMES)

    print(f"met {dict(proxy.met)}, wrote {dict(lives.writes())}")  # noqa: T201 as above
    assert lives.shape(CALM) == calm
    assert lives.pods_made() == dict.fromkeys([CALM, *NAMES], 1)
    assert proxy.forced == []
    assert max(lives.writes()[name] for name in NAMES) <= MOST_WRITES
    assert len(proxy.met) >= len(rates) / 2


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "rates"), CASES)
def test_bots_live_through_faults_as_without_them(
    kept: KeptOperator, lives: Lives, name: str, rates: Mapping[Fault, float]
) -> None:
    live_through(kept, lives, rates, SEED + [one for one, _ in CASES].index(name))
