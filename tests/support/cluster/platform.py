"""The installed release, for end-to-end tests: what they ask is asked of the API server and of the pods."""

import asyncio
import http.client
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import yaml

from tests.support.cluster.commands import Cluster, CommandFailed
from tests.support.cluster.console import clear_halt, halt
from tests.support.cluster.ledger import SYSTEM, Ledger
from tests.support.cluster.processes import first_process, is_running, send
from tests.support.cluster.release import with_test_network
from tests.support.cluster.tunnels import ApiServer, Tunnel
from tests.support.cluster.written import logs, metrics, objects, processes_and_files
from tests.support.exchange_admin import ExchangeAdmin
from tests.support.platform import ExchangeTruth, Refused, condition_in_force, table_texts
from tests.support.waiting import wait_until

__all__ = ["BOTS", "SYSTEM", "WEB", "ClusterPlatform", "running_platform"]

BOTS, WEB = "kbots-bots", "kbots-web"
RUNNER = "botrunner"
HURRY_SECONDS = 1.5


@dataclass(slots=True, kw_only=True)
class ClusterPlatform:
    """The release `kbots`; what a person does goes by kubectl, what is only looked at by shorter ways."""

    cluster: Cluster
    api: ApiServer
    ledger: Ledger
    exchange: Tunnel
    dashboard_url: str
    runners: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Uid of the pod and pid of the runner that was seen last."""
    frozen: dict[str, int] = field(default_factory=dict)
    hurried_at: float = 0.0

    def apply(self, manifest: dict[str, Any]) -> str:
        return self._kubectl("apply", "-f", "-", text=yaml.safe_dump(manifest))

    def get(self, name: str) -> dict[str, Any] | None:
        return self.api.get(f"/apis/kbots.dev/v1alpha1/namespaces/{BOTS}/tradingbots/{name}")

    def delete(self, name: str) -> None:
        self._kubectl("delete", "tb", name, "--wait=false")

    def command(self, *arguments: str) -> str:
        match arguments:
            case ("halt", name, "--reason", reason):
                return halt(self.cluster, BOTS, name, reason)
            case ("clear-halt", name):
                return asyncio.run(clear_halt(self, BOTS, name))
            case _:
                raise NotImplementedError(arguments)

    def wait_condition(
        self, name: str, kind: str, status: str = "True", *, reason: str = "", seconds: float = 60
    ) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            return condition_in_force(name, self.get(name), kind, status, reason)

        return wait_until(look, f"{name}: {kind}={status} {reason}", seconds=seconds)

    def query(self, text: str, values: tuple[object, ...] = ()) -> list[Any]:
        return self.ledger.query(text, values)

    def exchange_truth(self, name: str) -> ExchangeTruth:
        return self._exchange().truth(f"{BOTS}/{name}")

    def open_exchange_account(self, name: str) -> dict[str, Any]:
        return self._exchange().open_account(name)

    def new_exchange_key(self, account: str) -> dict[str, Any]:
        return self._exchange().new_key(account)

    def revoke_exchange_key(self, api_key: str) -> None:
        self._exchange().revoke_key(api_key)

    def shock(self, symbol: str, percent: str) -> None:
        self._exchange().shock(symbol, percent)

    def fault(self, **fault: object) -> None:
        self._exchange().fault(**fault)

    def pod(self, name: str) -> dict[str, Any] | None:
        """Return the pod of a bot."""
        return self.object("pods", f"tb-{name}")

    def object(self, kind: str, name: str) -> dict[str, Any] | None:
        """Return a Pod, Secret or ConfigMap beside the bots."""
        return self.api.get(f"/api/v1/namespaces/{BOTS}/{kind}/{name}")

    def runner_pid(self, name: str) -> int:
        uid, pid = self.runners.get(name, ("", 0))
        if pid and is_running(pid, uid, RUNNER):
            return pid
        pod = self.pod(name)
        if pod is None:
            return 0
        uid = pod["metadata"]["uid"]
        self.runners[name] = uid, first_process(uid, RUNNER)
        if not self.runners[name][1]:
            self._hurry(name)
        return self.runners[name][1]

    def kill_runner(self, name: str) -> None:
        pid = self.runner_pid(name)
        if pid:
            send(self.cluster, "KILL", pid)

    def freeze_runner(self, name: str) -> None:
        self.frozen[name] = self.runner_pid(name)
        assert self.frozen[name] > 0
        send(self.cluster, "STOP", self.frozen[name])

    def thaw_runner(self, name: str) -> None:
        send(self.cluster, "CONT", self.frozen.pop(name))

    def second_runner(self, name: str) -> "SecondPod":
        """Start a pod like the bot's that the operator does not take for its own."""
        pod = self.pod(name)
        assert pod is not None
        labels = {"app.kubernetes.io/name": RUNNER, "app.kubernetes.io/part-of": "kbots"}
        manifest = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"second-{name}", "namespace": BOTS, "labels": labels},
            "spec": {key: value for key, value in pod["spec"].items() if key != "nodeName"},
        }
        self._kubectl("create", "-f", "-", text=json.dumps(manifest))
        return SecondPod(cluster=self.cluster, name=f"second-{name}")

    def children_gone(self, name: str) -> bool:
        children = {
            "pods": f"tb-{name}",
            "secrets": f"tb-{name}-creds",
            "configmaps": f"tb-{name}-cfg",
        }
        return not any(self.object(kind, child) for kind, child in children.items())

    def restart_postgres(self) -> None:
        started = "select pg_postmaster_start_time()"
        before = self.query(started)
        self._kill("postgres")
        wait_until(lambda: self.query(started) != before, "Postgres started again", seconds=60)

    def kill_operator(self) -> None:
        self._kill("operator")

    def operator_pid(self) -> int:
        """Return the operator's process, 0 where none runs."""
        return self.service_pid("operator")

    def service_pid(self, service: str, namespace: str = SYSTEM) -> int:
        """Return the first process of a service, whose command bears the same name; 0 where none runs."""
        chosen = f"labelSelector=app.kubernetes.io/name%3D{service}"
        pods = (self.api.get(f"/api/v1/namespaces/{namespace}/pods?{chosen}") or {})["items"]
        found = (first_process(pod["metadata"]["uid"], service) for pod in pods)
        return next((pid for pid in found if pid), 0)

    def first_admin_link(self) -> str:
        return self._kubectl(
            "-n", WEB, "exec", "deploy/kbots-dashboard", "--", "kbots-dashboard", "setup-link"
        )

    def everything_written(self) -> dict[str, bytes]:
        found = dict(processes_and_files(self.cluster)) | table_texts(self.query)
        for namespace in (SYSTEM, WEB, BOTS):
            for kind in (logs, metrics, objects):
                found |= dict(kind(self.cluster, namespace))
        return found

    def close(self) -> None:
        """Let what is frozen run on, and close the ways into the cluster."""
        for name in list(self.frozen):
            self.thaw_runner(name)
        self.ledger.close()
        self.exchange.close()
        self.api.tunnel.close()

    def _hurry(self, name: str) -> None:
        """Have the kubelet look at a crashed pod now: it would wait 10 s, whatever back-off it is told to keep."""
        if time.monotonic() < self.hurried_at + HURRY_SECONDS:
            return
        self.hurried_at = time.monotonic()
        mark = f"tests.kbots.dev/looked-at={self.hurried_at:.0f}"
        with suppress(Refused):  # it is gone by now
            self._kubectl("annotate", "--overwrite", "pod", f"tb-{name}", mark)

    def _kill(self, service: str) -> None:
        pid = wait_until(lambda: self.service_pid(service), f"a process of {service}")
        send(self.cluster, "KILL", pid)

    def _exchange(self) -> ExchangeAdmin:
        """Return the admin port that has just answered."""

        def answering(port: int) -> ExchangeAdmin:
            admin = ExchangeAdmin(port=port)
            admin.ask("GET", "/healthz")
            return admin

        # It says 503 while it waits for its database, which is no answer either.
        return self.exchange.use(answering, OSError, http.client.HTTPException, AssertionError)

    def _kubectl(self, *arguments: str, text: str | None = None) -> str:
        where = () if "-n" in arguments else ("-n", BOTS)
        try:
            return self.cluster.kubectl(*where, *arguments, input=text)
        except CommandFailed as failure:
            raise Refused(failure.stderr.strip()) from failure


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondPod:
    """A pod the operator knows nothing of."""

    cluster: Cluster
    name: str

    def stop(self) -> None:
        self.cluster.kubectl("-n", BOTS, "delete", "pod", self.name, "--wait", "--timeout=60s")


@contextmanager
def running_platform(cluster: Cluster) -> Iterator[ClusterPlatform]:
    """Give the release for the block, with the paper exchange in the place of Binance's test network."""
    with with_test_network(cluster):
        running = ClusterPlatform(
            cluster=cluster,
            api=ApiServer.of(cluster),
            ledger=Ledger.of(cluster),
            exchange=Tunnel.to(cluster, SYSTEM, "service/kbots-exchange-admin", 9081),
            dashboard_url=_public_origin(cluster),
        )
        try:
            yield running
        finally:
            running.close()


def _public_origin(cluster: Cluster) -> str:
    """Return the one address the dashboard takes requests from."""
    deployment = json.loads(
        cluster.kubectl("-n", WEB, "get", "deployment", "kbots-dashboard", "-o", "json")
    )
    environment = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    return next(
        str(one["value"]) for one in environment if one["name"] == "KBOTS_DASHBOARD_PUBLIC_ORIGIN"
    )
