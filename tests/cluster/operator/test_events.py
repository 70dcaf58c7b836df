"""Events on a real API server: one for each reason, counted."""

from botcore.resources.trading_bot import TradingBot
from botcore.runtime.clock import SystemClock
from botoperator.adapters.kube_client import KubeClient
from botoperator.adapters.kube_events import KubeEvents
from botoperator.plan.notes import Note
from botoperator.ports import BotKey
from tests.cluster.operator.api import Api

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
