"""Hints from the API server.

kopf lists and watches; what to do is read anew by whoever is told. It therefore has no change handler (which would copy
Secrets into annotations), no index, no timer and no finalizer of its own.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from botcore.domain.errors import Transient
from botcore.resources.meta import GROUP, OWNER_LABEL, PLURAL, VERSION
from botoperator.handlers.kopf_library import kopf
from botoperator.handlers.watch_session import OnAnswer, OnWatch, open_session
from botoperator.plan.hints import BotHint, hint_of
from botoperator.plan.manifests import Kind, Manifest
from botoperator.ports import BotKey

__all__ = ["Listener", "watch", "watches_of"]

CHILDREN = {Kind.POD: "pods", Kind.SECRET: "secrets", Kind.CONFIG_MAP: "configmaps"}
# A watch that fails for this long ends the process; its restart heals, and bots run on.
ERROR_PAUSES = (1, 1, 2, 3, 5, 8, 13, 21)
EXIT_SECONDS = 5.0
IDENTITY = "kbots-operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is told: of objects on the event loop that called `watch`, of answers and watches in kopf's thread."""

    on_bot: Callable[[BotKey, BotHint], None]
    on_child: Callable[[Manifest], None]
    on_answer: OnAnswer
    on_watch: OnWatch


async def watch(listener: Listener, namespaces: Sequence[str], labels: str) -> NoReturn:
    """Watch TradingBots, and children with these labels, until cancelled.

    kopf runs on an event loop of its own: when it ends it cancels every task that was started since on its loop, and it
    takes the signal handlers.

    Raises:
        Transient: a watch kept failing.
    """
    watcher = _Watcher(listener, namespaces, labels)
    # A daemon, so that a watch that does not end can't keep the process.
    threading.Thread(target=watcher.run, name="kopf", daemon=True).start()
    try:
        await asyncio.shield(watcher.failed)
    except Exception as error:
        raise Transient(f"watching the API server failed: {error}") from error
    finally:
        watcher.stop()
        await asyncio.wait([watcher.ended], timeout=EXIT_SECONDS)
    raise Transient("watching the API server ended")


def watches_of(namespaces: Sequence[str]) -> tuple[str, ...]:
    """Name the watches in these namespaces, as namespace/plural."""
    return tuple(
        f"{namespace}/{plural}"
        for namespace in namespaces
        for plural in (PLURAL, *CHILDREN.values())
    )


class _Watcher:
    """kopf in its thread; both futures belong to the loop that made it."""

    def __init__(self, listener: Listener, namespaces: Sequence[str], labels: str) -> None:
        self._home = asyncio.get_running_loop()
        self._registry = _registry(listener, self._home)
        self._settings = _settings(labels)
        self._namespaces = list(namespaces)
        self._stop: Callable[[], object] = lambda: None
        self.failed: asyncio.Future[None] = self._home.create_future()
        self.ended: asyncio.Future[None] = self._home.create_future()

    def run(self) -> None:
        """Run until stopped, or until something fails."""
        try:
            asyncio.run(self._work())
        except Exception as error:  # noqa: BLE001 told to whoever waits
            _tell(self._home, _settle, self.failed, error)
        _tell(self._home, _settle, self.ended, None)

    def stop(self) -> None:
        """Ask kopf to end."""
        self._stop()

    async def _work(self) -> None:
        # Not an event of threads: kopf waits for one in a thread that outlives everything else.
        stop, own = asyncio.Event(), asyncio.get_running_loop()
        self._stop = lambda: _tell(own, stop.set)
        tasks = await kopf.spawn_tasks(
            registry=self._registry,
            settings=self._settings,
            namespaces=self._namespaces,
            standalone=True,
            # Left to itself kopf asks for the user's name, and a pod's user has none. Its type is not exported.
            identity=IDENTITY,  # type: ignore[arg-type]
            stop_flag=stop,
        )
        # kopf may wait for ever for its other watches to end, so the failure is told first.
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        _tell(self._home, _settle, self.failed, _failure(done))
        await kopf.run_tasks(tasks)


def _failure(done: Iterable[asyncio.Task[Any]]) -> BaseException | None:
    errors = (task.exception() for task in done if not task.cancelled())
    return next((error for error in errors if error is not None), None)


def _settle(future: asyncio.Future[None], error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *arguments: Any) -> None:
    # The loop is closed when the process ends while kopf still hears something.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(call, *arguments)


def _registry(listener: Listener, loop: asyncio.AbstractEventLoop) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    async def log_in(**arguments: Any) -> kopf.AiohttpSession | None:
        info = kopf.login_with_service_account(**arguments) or kopf.login_with_kubeconfig(
            **arguments
        )
        return open_session(info, listener.on_answer, listener.on_watch) if info else None

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    async def on_bot(
        namespace: str | None,
        name: str | None,
        body: kopf.Body,
        type: str | None,  # noqa: A002 kopf's name
        **_: Any,
    ) -> None:
        _tell(loop, listener.on_bot, BotKey(str(namespace), str(name)), hint_of(type, body))

    for kind, plural in CHILDREN.items():
        kopf.on.event("v1", plural, registry=registry, id=plural, param=kind)(
            _child_handler(listener, loop)
        )
    return registry


def _child_handler(listener: Listener, loop: asyncio.AbstractEventLoop) -> Any:
    async def on_child(param: Kind, body: kopf.Body, **_: Any) -> None:
        # Names and labels only: the data of a Secret stays where it is.
        metadata = {
            "name": body.metadata.name,
            "namespace": body.metadata.namespace,
            "labels": dict(body.metadata.labels),
            "uid": body.metadata.uid,
            "resourceVersion": body.metadata.get("resourceVersion"),
        }
        _tell(loop, listener.on_child, Manifest(body={"kind": param.value, "metadata": metadata}))

    return on_child


class _NoStates(kopf.DiffBaseStorage):
    """No last state of any object: a difference tells nobody anything here, and a copy for it costs every event."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> kopf.BodyEssence | None:
        return None

    def store(self, **_: Any) -> None:
        """Keep nothing."""


def _settings(labels: str) -> kopf.OperatorSettings:
    # At DEBUG kopf logs whole objects, and at INFO a line for every event.
    logging.getLogger("kopf").setLevel(logging.WARNING)
    # It warns of not owning the signals, which is as it should be.
    logging.getLogger("kopf._core.reactor.running").setLevel(logging.ERROR)
    settings = kopf.OperatorSettings()
    settings.scanning.disabled = True
    settings.posting.enabled = False
    # An object's last state is kept for as long; and a list of a thousand objects in one piece costs tens of megabytes.
    settings.queueing.idle_timeout = 0.1
    settings.watching.chunk_size = 250
    settings.networking.request_timeout = 20
    settings.networking.connect_timeout = 5
    settings.networking.error_backoffs = ERROR_PAUSES
    settings.process.ultimate_exiting_timeout = None
    # Never ours: kopf removes its own finalizer wherever it sees no handler that needs it.
    settings.persistence.finalizer = f"{GROUP}/not-used"
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=GROUP, v1=False)
    settings.persistence.diffbase_storage = _NoStates()
    for plural in CHILDREN.values():
        settings.watching.label_selectors["v1", plural] = labels
    # What we make and what people keep their keys in: both bear their owner's label, and one selector can't say "or".
    settings.watching.label_selectors["v1", CHILDREN[Kind.SECRET]] = OWNER_LABEL
    return settings
