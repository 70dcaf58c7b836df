"""What the pods of the release hold in memory."""

import pytest

from tests.support.cluster.platform import SYSTEM, WEB, ClusterPlatform
from tests.support.cluster.processes import resident_megabytes
from tests.support.manifests import a_bot, a_dca, a_name

RUNNER_MEGABYTES = 80
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "ADAUSDT")
SERVICES = {"operator": SYSTEM, "exchange": SYSTEM, "postgres": SYSTEM, "dashboard": WEB}


def test_runner_of_five_symbols_stays_within_its_bar(
    platform: ClusterPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    name = a_name("five-symbols")
    strategies = [a_dca(symbol, name=symbol.lower()) | {"capital": "2000"} for symbol in SYMBOLS]
    platform.apply(a_bot(name, strategies=strategies))
    platform.wait_condition(name, "Ready")

    pids = {service: platform.service_pid(service, place) for service, place in SERVICES.items()}
    held = {
        service: resident_megabytes(pid)
        for service, pid in {**pids, "runner": platform.runner_pid(name)}.items()
    }

    with capsys.disabled():
        print()  # noqa: T201 the record begins on a line of its own
        for program, megabytes in held.items():
            bar = f" bar={RUNNER_MEGABYTES} ok={megabytes <= RUNNER_MEGABYTES}"
            print(  # noqa: T201 for the record
                f"row={program}_memory value={megabytes:.1f} unit=MB"
                + (bar if program == "runner" else "")
            )
    assert held["runner"] <= RUNNER_MEGABYTES
    platform.delete(name)
