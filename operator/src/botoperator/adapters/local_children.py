"""Pods and what they mount on one host: `ChildrenPort` without an API server."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from botcore.domain.errors import NotFound
from botcore.runtime.clock import Clock
from botoperator.adapters.container import ShellSettings
from botoperator.adapters.local_objects import LocalObjects
from botoperator.adapters.local_pod import LocalPod
from botoperator.adapters.pod_folder import MANIFEST, PodFolder
from botoperator.adapters.private_files import make_private
from botoperator.adapters.processes import Process, end_process, find_processes
from botoperator.plan.manifests import BOT_LABEL, Kind, Manifest
from botoperator.plan.observed import Children, ObservedPod, Survey
from botoperator.plan.pod import GRACE_SECONDS
from botoperator.ports import BotKey, ChildKeys

__all__ = ["LocalChildren"]

log = structlog.get_logger(__name__)

STATE_VARIABLE, UID_VARIABLE = "KBOTS_RUNNER_STATE_DIR", "KBOTS_RUNNER_POD_UID"
STOP_SECONDS = 15.0


class LocalChildren:
    """Keeps the pods of this host."""

    def __init__(self, settings: ShellSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._on_change: Callable[[Manifest], None] = lambda _: None
        self._objects = LocalObjects(settings.pods)
        self._ending_strays: list[asyncio.Task[int | None]] = []
        self._pods: dict[tuple[str, str], LocalPod] = {}

    def start(self, on_change: Callable[[Manifest], None]) -> None:
        """Take up the pods of an earlier run with whatever still runs of them; `on_change` hears of every pod."""
        self._on_change = on_change
        make_private(self._settings.pods)
        running = self._running()
        for path in sorted(self._settings.pods.glob(f"*/*/{MANIFEST}")):
            folder = path.parent
            if folder.name.startswith("."):
                continue  # was never finished
            pod = self._keep(PodFolder(folder, self._objects))
            of_pod = [one for one, uid in running.get(folder, ()) if uid == pod.uid]
            strays = [one for one, uid in running.pop(folder, ()) if uid != pod.uid]
            pod.start(of_pod, strays)
            on_change(pod.manifest)
        for folder, processes in running.items():
            log.warning("stray_processes", folder=str(folder), count=len(processes))
            for process, _ in processes:
                task = asyncio.create_task(end_process(process, GRACE_SECONDS))
                self._ending_strays.append(task)

    async def close(self, *, stop: bool) -> None:
        """Leave the pods alone, or end them in order first."""
        await asyncio.gather(
            *(pod.leave(stop=stop, seconds=STOP_SECONDS) for pod in self._pods.values())
        )
        for task in self._ending_strays:
            task.cancel()
        await asyncio.gather(*self._ending_strays, return_exceptions=True)

    async def observe(self, names: ChildKeys) -> Children:
        """Read what is there under these names."""
        pod = self._pods.get((names.namespace, names.pod))
        return Children(
            secret=self._objects.get(Kind.SECRET, names.namespace, names.secret),
            config_map=self._objects.get(Kind.CONFIG_MAP, names.namespace, names.config_map),
            pod=pod.observe() if pod else None,
        )

    async def pods_of(self, key: BotKey) -> tuple[ObservedPod, ...]:
        """List every pod that bears the bot's label, whatever its name."""
        return tuple(
            pod.observe()
            for (namespace, _), pod in self._pods.items()
            if namespace == key.namespace and pod.manifest.labels.get(BOT_LABEL) == key.name
        )

    async def create(self, manifest: Manifest) -> None:
        """Make an object; a pod starts at once.

        Raises:
            Conflict: one of this name is there.
        """
        if manifest.kind is not Kind.POD:
            self._objects.create(manifest)
            return
        path = self._settings.pods / manifest.namespace / manifest.name
        make_private(path.parent)
        self._keep(PodFolder.create(path, manifest, self._objects)).start()

    async def patch(self, manifest: Manifest) -> None:
        """Set an object's data, labels and annotations.

        Raises:
            NotFound: it is not there.
        """
        if manifest.kind is not Kind.POD:
            self._objects.patch(manifest)
            return
        pod = self._pods.get((manifest.namespace, manifest.name))
        if pod is None:
            raise NotFound(f"pod {manifest.name} is not there")
        pod.annotate(manifest)

    async def delete(self, manifest: Manifest) -> None:
        """Remove an object, a pod gracefully; none is no error."""
        if manifest.kind is not Kind.POD:
            self._objects.delete(manifest.kind, manifest.namespace, manifest.name)
            return
        pod = self._pods.get((manifest.namespace, manifest.name))
        if pod is not None:
            pod.end()

    async def survey(self) -> Survey:
        """Read every object at once."""
        return Survey([*self._objects.list(), *(pod.manifest for pod in self._pods.values())])

    def _keep(self, folder: PodFolder) -> LocalPod:
        pod = LocalPod(folder, self._settings, self._clock, self._changed)
        self._pods[(pod.manifest.namespace, pod.manifest.name)] = pod
        return pod

    def _changed(self, pod: LocalPod) -> None:
        if pod.is_gone:
            self._pods.pop((pod.manifest.namespace, pod.manifest.name), None)
        self._on_change(pod.manifest)

    def _running(self) -> dict[Path, list[tuple[Process, str]]]:
        found: dict[Path, list[tuple[Process, str]]] = {}
        for process, values in find_processes((STATE_VARIABLE, UID_VARIABLE)):
            folder = Path(values[STATE_VARIABLE]).parent
            if folder.is_relative_to(self._settings.pods):
                found.setdefault(folder, []).append((process, values[UID_VARIABLE]))
        return found
