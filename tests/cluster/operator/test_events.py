"""Events on a real API server: one for each reason, counted."""

import json

from botcore.resources.meta import HALT_ANNOTATION
from botcore.resources.trading_bot import TradingBot
from botcore.runtime.clock import SystemClock
from botoperator.adapters.kube_client import KubeClient
from botoperator.adapters.kube_events import KubeEvents
from botoperator.plan.notes import Note
from botoperator.ports import BotKey
from tests.cluster.operator.api import Api
from tests.cluster.operator.lives import Lives
from tests.support.faults.choosing import Asked
from tests.support.faults.proxy import Moment
from tests.support.waiting import wait_until

CRASH = Note(reason="CrashLooping", message="the bot keeps crashing", is_warning=True)


async def test_repeated_note_is_counted_in_one_event(
    client: KubeClient, api: Api, bot: TradingBot
) -> None:
    events = KubeEvents(client, SystemClock(), "test")
    key, uid = BotKey(api.namespace, "alice"), str(bot.metadata.uid)

    for text in ("first", "second", "third"):
        await events.record(key, uid, Note(reason="Updated", message=text))
    await events.record(key, uid, CRASH)

    found = {one["reason"]: one for one in api.list("events")}
    assert len(api.list("events")) == len(found) == 2
    assert (found["Updated"]["count"], found["Updated"]["message"]) == (3, "third")
    assert found["CrashLooping"]["type"] == "Warning"
    assert found["CrashLooping"]["involvedObject"]["uid"] == uid


async def test_note_that_can_not_be_told_is_dropped(client: KubeClient) -> None:
    events = KubeEvents(client, SystemClock(), "test")

    await events.record(BotKey("no-such-namespace", "alice"), "u", CRASH)


def says_halted(asked: Asked) -> bool:
    if not asked.path.endswith("/status"):
        return False
    values = [one.get("value") for one in json.loads(asked.text)]
    statuses = [one for one in values if isinstance(one, dict)]
    conditions = [one for status in statuses for one in status.get("conditions", ())]
    return any((one["type"], one["status"]) == ("Halted", "True") for one in conditions)


def test_what_a_status_says_is_told_though_its_answer_was_lost(lives: Lives) -> None:
    lost: list[Asked] = []

    def lose(asked: Asked, moment: Moment) -> bool:
        if lost or moment is Moment.BEFORE or not says_halted(asked):
            return True
        lost.append(asked)
        return False

    lives.create(["life-1"])
    lives.rest("life-1", 1)
    lives.proxy.on_write = lose
    lives.api.patch(
        "tradingbots", "life-1", {"metadata": {"annotations": {HALT_ANNOTATION: "look into it"}}}
    )

    def halted() -> list[int]:
        return [one["count"] for one in lives.api.list("events") if one["reason"] == "BotHalted"]

    assert wait_until(halted, "told", seconds=60) == [1]
    assert len(lost) == 1
