"""What is left of a bot's life on the cluster, so that a disturbed life can be held against a calm one."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botoperator.adapters.kube_client import KubeClient
from tests.cluster.operator.api import Api
from tests.cluster.operator.process import Operator
from tests.support.faults.choosing import Asked
from tests.support.faults.proxy import FaultProxy
from tests.support.waiting import wait_until

__all__ = ["FIRST", "SECOND", "Lives", "bot_of"]

FIRST = {"desiredState": "Running"}
SECOND = {"desiredState": "Paused", "onStop": {"timeoutSeconds": 6}}
NAMES = re.compile(r"\blife-\d+\b")
# Much happens again after a long backoff (60 s) and a restart.
SECONDS = 150.0
Found = Mapping[str, dict[str, Any] | None]


def bot_of(asked: Asked) -> str:
    """Name the bot a request is about; empty if it is about none."""
    found = NAMES.search(asked.path) or NAMES.search(asked.text)
    return found[0] if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """Bots named life-N of one operator behind a proxy."""

    api: Api
    operator: Operator
    proxy: FaultProxy

    def create(self, names: Sequence[str]) -> None:
        for name in names:
            self.api.create_bot(name, **FIRST)

    def change(self, names: Sequence[str]) -> None:
        for name in names:
            self.api.patch("tradingbots", name, {"spec": SECOND})

    def delete(self, names: Sequence[str]) -> None:
        for name in names:
            self.api.delete("tradingbots", name)

    def look(self, name: str) -> Found:
        """Read the bot and its children at once."""
        paths = {
            "bot": self.api.path("tradingbots", name),
            "pod": self.api.path("pods", f"tb-{name}"),
            "secret": self.api.path("secrets", f"tb-{name}-creds"),
            "config": self.api.path("configmaps", f"tb-{name}-cfg"),
        }

        async def work(client: KubeClient) -> Found:
            found = await asyncio.gather(*(client.find(path) for path in paths.values()))
            return dict(zip(paths, found, strict=True))

        found: Found = self.api._ask(work)
        return found

    def shape(self, name: str) -> dict[str, Any]:
        """Say what is there, without what differs from bot to bot; empty while something is missing."""
        found = self.look(name)
        bot = found["bot"]
        if bot is None or any(one is None for one in found.values()):
            return {}
        text = json.dumps({kind: _part(kind, one or {}) for kind, one in found.items()})
        uid = str(bot["metadata"]["uid"])
        return dict(json.loads(text.replace(uid, "UID").replace(name, "NAME")))

    def rest(self, name: str, generation: int) -> dict[str, Any]:
        """Wait until a calm bot has said its last word about this generation, and answer its shape."""

        def at_rest() -> dict[str, Any]:
            shape = self.shape(name)
            is_told = shape and shape["bot"]["generation"] == generation
            return shape if is_told and "is not present" in json.dumps(shape["bot"]) else {}

        return wait_until(at_rest, f"{name} rests", seconds=SECONDS, every=0.3)

    def wait_like(self, names: Sequence[str], wanted: Mapping[str, Any]) -> None:
        """Wait until every bot is in this shape."""
        for name in names:
            wait_until(
                lambda name=name: self.shape(name) == wanted,  # type: ignore[misc]
                f"{name} ends as a calm bot",
                seconds=SECONDS,
                every=0.3,
                explain=lambda name=name: self.explain(name, wanted),  # type: ignore[misc]
            )

    def wait_told(self, names: Sequence[str], desired_state: str) -> None:
        """Wait until every bot's runner was told so; its bot may be gone by then."""
        for name in names:
            wait_until(
                lambda name=name: desired_state in self.told(name),  # type: ignore[misc]
                f"{name} is told {desired_state}",
                seconds=SECONDS,
                explain=lambda name=name: self.explain(name, {}),  # type: ignore[misc]
            )

    def told(self, name: str) -> set[str]:
        """Answer the desired states that reached a bot's configuration."""
        written = [
            json.loads(one.asked.text)
            for one in self.proxy.writes
            if one.asked.method in {"POST", "PATCH"}
            and "/configmaps" in one.asked.path
            and bot_of(one.asked) == name
            and one.status < 300
        ]
        configs = [json.loads(one["data"]["bot.json"]) for one in written]
        return {one["spec"]["desiredState"] for one in configs}

    def wait_gone(self, names: Sequence[str]) -> None:
        """Wait until nothing is left of every bot, and nobody can log in as one."""
        for name in names:
            wait_until(
                lambda name=name: not any(self.look(name).values()),  # type: ignore[misc]
                f"{name} is gone with its children",
                seconds=SECONDS,
                every=0.3,
                explain=lambda name=name: self.explain(name, {}),  # type: ignore[misc]
            )
        active = self.operator.database.rows(
            "select l.db_role from kbots.bot_logins l left join pg_roles r on r.rolname = l.db_role"
            " where l.name = any(%s) and (l.retired_at is null or r.rolcanlogin)",
            (list(names),),
        )
        assert active == []

    def writes(self) -> Counter[str]:
        """Count the writes that reached the API server, by bot."""
        return Counter(bot_of(one.asked) for one in self.proxy.writes)

    def pods_made(self) -> Counter[str]:
        """Count the pods that were made, by bot."""
        return Counter(
            bot_of(one.asked)
            for one in self.proxy.writes
            if one.asked.kind == "POST /api/v1/pods" and one.status == 201
        )

    def explain(self, name: str, wanted: Mapping[str, Any]) -> str:
        shape = self.shape(name)
        differing = [kind for kind in wanted if shape.get(kind) != wanted[kind]]
        told = [line for line in self.proxy.decisions if name in line][-25:]
        return "\n".join(
            [
                "",
                *(f"{kind} is     {shape.get(kind)}" for kind in differing),
                *(f"{kind} was to be {wanted[kind]}" for kind in differing),
                *told,
                self.operator.log.read_text()[-3000:],
            ]
        )


def _part(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    metadata = body["metadata"]
    part: dict[str, Any] = {
        "labels": metadata.get("labels"),
        "annotations": sorted(metadata.get("annotations", {})),
        "finalizers": metadata.get("finalizers"),
        "owners": metadata.get("ownerReferences"),
        "is_deleting": "deletionTimestamp" in metadata,
    }
    match kind:
        case "bot":
            return part | {"spec": body["spec"], **_status(body.get("status") or {})}
        case "config":
            config = json.loads(body["data"]["bot.json"])
            return part | {one: config[one] for one in ("bot", "generation", "spec", "venue")}
        case "secret":
            return part | {"data": sorted(body["data"])}
        case _:
            return part | {"spec": body["spec"]}


def _status(status: dict[str, Any]) -> dict[str, Any]:
    conditions = [
        [one[part] for part in ("type", "status", "reason", "message", "observedGeneration")]
        for one in status.get("conditions", ())
    ]
    kept = {one: status.get(one) for one in ("phase", "leaseEpoch", "trading")}
    pod = {**(status.get("pod") or {}), "uid": None, "configHash": None}
    return {
        "generation": status.get("observedGeneration"),
        "conditions": sorted(conditions),
        "pod": pod,
        "credentials": sorted(status.get("credentials") or {}),
        **kept,
    }
