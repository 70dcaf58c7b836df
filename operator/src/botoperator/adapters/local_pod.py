"""One pod as one process of this host, kept as the kubelet would keep it.

What runs is never forgotten: the pod's folder outlives this program, a process is found again by its pod's uid in
its environment, and none is started while an earlier one, or its lock, is still there (I1).
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from botcore.runtime.clock import Clock
from botoperator.adapters.container import ShellSettings, start_container
from botoperator.adapters.pod_folder import PodFolder
from botoperator.adapters.processes import (
    Process,
    end_process,
    lock_is_free,
    read_process,
    wait_for_end,
)
from botoperator.plan.manifests import Manifest
from botoperator.plan.observed import CRASH_LOOP, ObservedPod, PodPhase

__all__ = ["LocalPod"]

log = structlog.get_logger(__name__)

STABLE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.25
LOOP_FACTOR = 4


class LocalPod:
    """Supervises the one container of one pod."""

    def __init__(
        self,
        folder: PodFolder,
        settings: ShellSettings,
        clock: Clock,
        on_change: Callable[["LocalPod"], None],
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._clock = clock
        self._on_change = on_change
        self._manifest = folder.read_manifest()
        self._state = folder.read_state()
        self._backoff = settings.first_backoff_seconds
        self._ending = asyncio.Event()
        self._is_gone = False
        self._task: asyncio.Task[None] | None = None

    @property
    def manifest(self) -> Manifest:
        """The pod as it was asked for, with later annotations."""
        return self._manifest

    @property
    def uid(self) -> str:
        """The pod's own identity."""
        return self._state.uid

    @property
    def is_gone(self) -> bool:
        """Whether the pod's end was asked for and has come."""
        return self._is_gone

    def observe(self) -> ObservedPod:
        """Tell what Kubernetes would tell about the pod."""
        state = self._state
        return ObservedPod(
            manifest=self._manifest,
            uid=state.uid,
            phase=PodPhase(state.phase),
            is_deleting=state.is_deleting,
            started_at=datetime.fromisoformat(state.started_at) if state.started_at else None,
            restarts=state.restarts,
            waiting_reason=state.waiting_reason,
            waiting_message=state.waiting_message,
            termination=state.termination,
        )

    def start(self, found: Sequence[Process] = (), strays: Sequence[Process] = ()) -> None:
        """Begin to supervise; `found` carry this pod's uid already, `strays` that of an earlier one."""
        self._task = asyncio.create_task(
            self._supervise(tuple(found), tuple(strays)), name=self._manifest.name
        )
        self._task.add_done_callback(_report_failure)

    def annotate(self, manifest: Manifest) -> None:
        """Take new labels and annotations; the spec of a pod never changes."""
        body = {**self._manifest.body, "metadata": manifest.body["metadata"]}
        self._manifest = Manifest(body=body)
        self._folder.write_manifest(self._manifest)

    def end(self) -> None:
        """Ask for the pod's end: SIGTERM now, SIGKILL after its grace period, gone when the process is."""
        self._note(is_deleting=True)
        self._ending.set()

    async def leave(self, *, stop: bool, seconds: float) -> None:
        """Give up supervising; `stop` ends the process by SIGTERM first and waits for it."""
        if self._task is None:
            return
        if stop:
            self._ending.set()
            await asyncio.wait([self._task], timeout=seconds)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _supervise(self, found: tuple[Process, ...], strays: tuple[Process, ...]) -> None:
        if self._state.is_deleting:
            self._ending.set()
        for stray in strays:
            await end_process(stray, self._grace)
        await self._run(await self._adopt(found))
        await self._ending.wait()
        if self._state.is_deleting:
            self._folder.remove()
            self._is_gone = True
            log.info("pod_removed", pod=self._manifest.name)
            self._on_change(self)

    async def _run(self, process: Process | None) -> None:
        while process is not None or not self._is_over():
            process = process or await self._launch()
            if process is None:
                continue
            started = self._clock.boottime()
            code = await self._watch(process)
            process = None
            self._record_end(code, self._clock.boottime() - started)
            if self._state.phase == PodPhase.RUNNING:
                await self._pause(self._next_backoff())

    def _is_over(self) -> bool:
        return self._ending.is_set() or PodPhase(self._state.phase) in {
            PodPhase.SUCCEEDED,
            PodPhase.FAILED,
        }

    async def _adopt(self, found: tuple[Process, ...]) -> Process | None:
        state = self._state
        known = read_process(state.pid) if state.pid else None
        if known is not None and known.start_ticks != state.start_ticks:
            known = None  # the pid was given to another process
        adopted = known or next(iter(found), None)
        for second in found:
            if second != adopted:
                await end_process(second, self._grace)
        if adopted is not None:
            log.info("pod_adopted", pod=self._manifest.name, pid=adopted.pid)
            self._note(
                phase=PodPhase.RUNNING.value,
                pid=adopted.pid,
                start_ticks=adopted.start_ticks,
                started_at=state.started_at or self._clock.now().isoformat(),
            )
        elif state.pid:
            self._record_end(None, 0.0)
        return adopted

    async def _launch(self) -> Process | None:
        obstacle = self._obstacle()
        if obstacle:
            self._note(waiting_reason="ContainerCreating", waiting_message=obstacle)
            await self._pause(LOOK_AGAIN_SECONDS)
            return None
        try:
            process = start_container(self._folder, self._manifest, self._settings, self.uid)
        except OSError as error:
            self._record_end(127, 0.0, message=f"can't be started: {error}")
            await self._pause(self._next_backoff())
            return None
        self._note(
            phase=PodPhase.RUNNING.value,
            pid=process.pid,
            start_ticks=process.start_ticks,
            started_at=self._clock.now().isoformat(),
            waiting_reason="",
            waiting_message="",
        )
        log.info("container_started", pod=self._manifest.name, pid=process.pid)
        self._on_change(self)
        return process

    def _obstacle(self) -> str:
        missing = self._folder.missing_volume(self._manifest)
        if missing:
            return f"volume {missing} is not there yet"
        return "" if lock_is_free(self._folder.lock) else "another process holds the pod's lock"

    async def _watch(self, process: Process) -> int | None:
        end = asyncio.create_task(wait_for_end(process))
        asked = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait([end, asked], return_when=asyncio.FIRST_COMPLETED)
            if not end.done():
                return await end_process(process, self._grace)
            return end.result()
        finally:
            end.cancel()
            asked.cancel()

    def _record_end(self, code: int | None, seconds: float, message: str = "") -> None:
        report = self._folder.read_report() if not message else {"message": message}
        # Of an adopted process only its report tells whether it ended on purpose.
        exit_code = code if code is not None else (0 if "reason" in report else 1)
        if seconds >= STABLE_SECONDS:
            self._backoff = self._settings.first_backoff_seconds
        phase = self._phase_after(exit_code)
        crashed = phase is PodPhase.RUNNING
        self._note(
            phase=phase.value,
            pid=0,
            start_ticks=0,
            ended=True,
            exit_code=exit_code,
            report=report,
            restarts=self._state.restarts + (1 if crashed else 0),
            waiting_reason=self._waiting_reason() if crashed else "",
            waiting_message="",
        )
        log.info(
            "container_ended",
            pod=self._manifest.name,
            exit_code=exit_code,
            reason=report.get("reason", ""),
        )
        self._on_change(self)

    def _phase_after(self, exit_code: int) -> PodPhase:
        if exit_code == 0:
            return PodPhase.SUCCEEDED
        may_restart = self._manifest.body["spec"]["restartPolicy"] == "OnFailure"
        return PodPhase.RUNNING if may_restart else PodPhase.FAILED

    def _waiting_reason(self) -> str:
        # One crash is a restart, several in a row are a loop.
        is_loop = self._backoff >= LOOP_FACTOR * self._settings.first_backoff_seconds
        return CRASH_LOOP if is_loop else "Restarting"

    def _next_backoff(self) -> float:
        pause = self._backoff
        self._backoff = min(pause * 2, self._settings.longest_backoff_seconds)
        return pause

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._ending.wait(), seconds)
        except TimeoutError:
            return

    def _note(self, **changes: Any) -> None:
        before = self._state
        self._state = replace(before, **changes)
        if self._state != before:
            self._folder.write_state(self._state)

    @property
    def _grace(self) -> float:
        return float(self._manifest.body["spec"]["terminationGracePeriodSeconds"])


def _report_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("pod_supervision_failed", pod=task.get_name(), exc_info=task.exception())
