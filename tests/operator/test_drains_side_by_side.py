"""A bot that takes its time to end holds up nobody else."""

import pytest

from tests.operator.platform import Platform, a_bot

pytestmark = pytest.mark.postgres

# More than there are workers: were a drain waited for by one, nobody would be left for the newcomer.
DEAF = [f"deaf-{number}" for number in range(5)]


def test_bots_that_do_not_stop_keep_no_other_bot_waiting(platform: Platform) -> None:
    platform.start()
    for name in DEAF:
        # Long after the test.
        platform.apply(a_bot(name, onStop={"timeoutSeconds": 600}))
    for name in DEAF:
        platform.wait_running(name)
    (platform.data / "pods" / "kbots-bots" / "deaf").touch()
    for name in DEAF:
        platform.apply(a_bot(name, desiredState="Stopped", onStop={"timeoutSeconds": 600}))
    for name in DEAF:
        platform.wait_for("Ready", "False", "Draining", name)

    platform.apply(a_bot("newcomer"))

    platform.wait_running("newcomer")
    assert {platform.condition("Ready", name) for name in DEAF} == {("False", "Draining")}
