"""Bots, children and situations for the tests of the plan."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botcore.resources.trading_bot import BotMode, TradingBot
from botoperator.plan.changes import Create, Delete, Patch, plan_changes, writes
from botoperator.plan.children import desired_children
from botoperator.plan.credentials import KeyReady
from botoperator.plan.inputs import (
    Account,
    ChildInputs,
    DatabaseTarget,
    ExchangeKey,
    PodSettings,
    RenderedSpec,
    Venue,
    identity_of,
)
from botoperator.plan.lifecycle import Situation
from botoperator.plan.manifests import Kind, Manifest
from botoperator.plan.observed import Children, Heartbeat, Lease, LedgerView, ObservedPod, PodPhase
from botoperator.plan.stored import parse_stored
from botoperator.plan.updates import for_runner

__all__ = [
    "NOW",
    "POD_UID",
    "a_bot",
    "a_heartbeat",
    "a_key",
    "a_pod",
    "a_running_situation",
    "a_situation",
    "applied",
    "children_of",
]

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
UID = "11111111-1111-4111-8111-111111111111"
POD_UID = "22222222-2222-4222-8222-222222222222"


def a_bot(
    *,
    uid: str = UID,
    generation: int = 1,
    deleted: bool = False,
    status: dict[str, Any] | None = None,
    **spec: Any,
) -> TradingBot:
    """Make a stored paper bot; `spec` replaces whole fields."""
    metadata: dict[str, Any] = {
        "name": "alice",
        "namespace": "kbots-bots",
        "uid": uid,
        "generation": generation,
    }
    if deleted:
        metadata["deletionTimestamp"] = "2026-05-04T11:00:00Z"
    strategy = {
        "name": "dca",
        "type": "dca",
        "symbols": ["BTCUSDT"],
        "interval": "1m",
        "capital": "500",
        "params": {"amount": "10"},
    }
    whole = {
        "owner": "alice",
        "paper": {"balances": {"USDT": "1000"}},
        "strategies": [strategy],
        **spec,
    }
    return parse_stored(
        {
            "apiVersion": "kbots.dev/v1alpha1",
            "kind": "TradingBot",
            "metadata": metadata,
            "spec": {key: value for key, value in whole.items() if value is not None},
            "status": status,
        }
    )


def a_key(
    uid: str = "1001", version: str = "paper-1", mode: BotMode = BotMode.PAPER
) -> ExchangeKey:
    return ExchangeKey(
        account=Account(environment=mode, uid=uid),
        version=version,
        api_key="the-api-key",
        api_secret="the-api-secret",
    )


def children_of(
    bot: TradingBot,
    key: ExchangeKey | None = None,
    image: str = "kbots/botrunner:1",
    pod: PodSettings | None = None,
) -> tuple[Manifest, ...]:
    """Render the children of a bot as the first start does."""
    identity, chosen = identity_of(bot), key or a_key()
    inputs = ChildInputs(
        rendered=RenderedSpec(spec=for_runner(bot.spec), generation=identity.generation),
        key=chosen,
        venue=Venue(
            environment=chosen.account.environment,
            rest_url="http://127.0.0.1:9080",
            ws_api_url="ws://127.0.0.1:9080/ws-api/v3",
            stream_url="ws://127.0.0.1:9080",
        ),
        database=DatabaseTarget(
            host="127.0.0.1", port=5432, dbname="kbots", user="bot_1", password="the-db-password"
        ),
        pod=pod or PodSettings(image=image),
    )
    return desired_children(identity, inputs)


def applied(
    desired: tuple[Manifest, ...], observed: tuple[Manifest, ...]
) -> tuple[tuple[Manifest, ...], int]:
    """Carry out one plan on a set of objects, as an API server would; answers them and the writes."""
    there = {(one.kind, one.name): one for one in observed}
    changes = writes(plan_changes(desired, observed))
    for change in changes:
        key = (change.manifest.kind, change.manifest.name)
        match change:
            case Create(manifest=manifest):
                assert key not in there
                there[key] = manifest
            case Patch(manifest=manifest):
                there[key] = _patched(there[key], manifest)
            case Delete():
                del there[key]
    return tuple(there.values()), len(changes)


def _patched(old: Manifest, new: Manifest) -> Manifest:
    metadata = old.body["metadata"]
    merged = {
        **metadata,
        "labels": {**old.labels, **new.labels},
        "annotations": {**old.annotations, **new.annotations},
    }
    data = {"data": dict(new.data)} if new.kind is not Kind.POD else {}
    return Manifest(body={**old.body, "metadata": merged, **data})


def a_pod(manifest: Manifest, **changes: Any) -> ObservedPod:
    pod = ObservedPod(
        manifest=manifest,
        uid=POD_UID,
        phase=PodPhase.RUNNING,
        started_at=NOW - timedelta(minutes=5),
    )
    return replace(pod, **changes)


def a_heartbeat(**changes: Any) -> Heartbeat:
    beat = Heartbeat(
        state="Running", reason="", generation=1, at=NOW - timedelta(seconds=1), age_seconds=1.0
    )
    return replace(beat, **changes)


def a_situation(bot: TradingBot, **changes: Any) -> Situation:
    """A bot of which nothing is there yet."""
    situation = Situation(
        bot=bot,
        children=Children(),
        ledger=LedgerView(),
        now=NOW,
        credentials=KeyReady(key=a_key(), reason="PaperAccount"),
    )
    return replace(situation, **changes)


def a_running_situation(
    bot: TradingBot, *, pod: dict[str, Any] | None = None, **ledger: Any
) -> Situation:
    """A bot that runs and holds its lease."""
    secret, config_map, manifest = children_of(bot)
    view = LedgerView(heartbeat=a_heartbeat(), lease=Lease(holder=POD_UID, epoch=3))
    return a_situation(
        bot,
        children=Children(secret=secret, config_map=config_map, pod=a_pod(manifest, **(pod or {}))),
        ledger=replace(view, **ledger),
    )
