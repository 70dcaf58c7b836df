"""More bots than there is room for: the next waits, says so, and starts once there is room."""

import json

import pytest

from tests.operator.platform import Platform, a_bot
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres


def events(platform: Platform, reason: str) -> list[dict[str, str]]:
    """What people were told for this reason."""
    lines = (platform.data / "operator.log").read_text().splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [one for one in found if one["event"] == "bot_event" and one["reason"] == reason]


def test_bot_beyond_the_limit_waits_and_follows_one_that_stops(platform: Platform) -> None:
    platform.settings = {"MAX_BOTS": "1", "RESYNC_SECONDS": "0.5"}
    platform.start()
    platform.apply(a_bot("first"))
    platform.wait_running("first")

    platform.apply(a_bot("second"))

    platform.wait_for("Ready", "False", "QuotaExceeded", "second")
    assert not platform.runners("second")
    wait_until(lambda: events(platform, "QuotaExceeded"), "the event")
    platform.apply(a_bot("first", desiredState="Stopped"))
    platform.wait_running("second")
    (told,) = events(platform, "QuotaExceeded")
    assert told["bot"] == "kbots-bots/second"
    assert "room for 1 bots" in told["message"]
