"""Check keys by a short-lived pod of the runner's image: before any bot may use one, and every day (TR-69)."""

from collections.abc import Mapping
from typing import Any

import structlog

from botcore.domain.errors import InvalidInput, NotAllowed, NotFound
from botcore.resources.trading_bot import BotMode
from botoperator.key_ports import KeyStore, KeyVerdict
from botoperator.plan.children import verify_children, verify_names
from botoperator.plan.credentials import StoredKey, key_version
from botoperator.plan.inputs import BotIdentity, ExchangeKey
from botoperator.plan.manifests import CREDENTIALS, Manifest
from botoperator.plan.observed import Children, ObservedPod, Termination
from botoperator.ports import ChildKeys, ChildrenPort
from botoperator.services.serving import PlatformSettings

__all__ = ["KeyVerifier"]

log = structlog.get_logger(__name__)

ACCEPTED, REFUSED = "KeyVerified", "KeyRejected"
RETRY_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 5.0
# Checks of keys in use that run at once; the others come back after a while.
MOST_REPEATED = 2
QUEUED_SECONDS = 60.0


class KeyVerifier:
    """Brings one key from Pending to Verified or Rejected, and asks again whether it is still as it was."""

    def __init__(
        self,
        children: ChildrenPort,
        key_store: KeyStore,
        platform: PlatformSettings,
        namespace: str,
    ) -> None:
        self._children = children
        self._key_store = key_store
        self._venues = platform.venues
        self._pod = platform.pod
        self._namespace = namespace
        self._repeated: set[str] = set()

    async def run(self, key_id: str) -> float | None:
        """Take the next step; answers in how many seconds to look again."""
        key = await self._key_store.to_check(key_id)
        if key is not None and self._has_to_queue(key):
            return QUEUED_SECONDS
        children = await self._children.observe(self._names(key_id))
        if key is None or BotMode(key.environment) not in self._venues:
            await self._end(key_id, children)
            return None
        pod = children.pod
        if pod is None:
            return await self._start(key)
        if pod.manifest.annotations.get(CREDENTIALS) != key_version(key):
            await self._remove(children)
            return LOOK_AGAIN_SECONDS
        if not pod.is_finished:
            return LOOK_AGAIN_SECONDS
        return await self._finish(key, children, pod)

    def _has_to_queue(self, key: StoredKey) -> bool:
        return key.status != "Pending" and len(self._repeated - {key.id}) >= MOST_REPEATED

    async def _start(self, key: StoredKey) -> float | None:
        is_first = key.status == "Pending"
        if not is_first:
            self._repeated.add(key.id)
        try:
            opened = await self._key_store.open(key, key.owner)
        except (NotAllowed, NotFound, InvalidInput) as error:
            self._repeated.discard(key.id)
            if is_first:
                await self._key_store.record(key, _rejected(f"the key can't be opened: {error}"))
            else:  # the bots have it, and this tells nothing about the exchange
                log.warning("key_check_failed", key=key.id, error=str(error))
                await self._key_store.postpone(key)
            return None
        log.info("key_check_started", key=key.id, owner=key.owner, is_first=is_first)
        for manifest in self._render(key, opened):
            await self._children.delete(manifest)
            await self._children.create(manifest)
        return LOOK_AGAIN_SECONDS

    def _render(self, key: StoredKey, opened: ExchangeKey) -> tuple[Manifest, ...]:
        check = BotIdentity(
            uid=key.id,
            namespace=self._namespace,
            name=verify_names(key.id).pod,
            owner=key.owner,
            generation=key.revision,
        )
        return verify_children(check, opened, self._venues[BotMode(key.environment)], self._pod)

    async def _finish(self, key: StoredKey, children: Children, pod: ObservedPod) -> float | None:
        verdict = _verdict(key, pod.termination)
        if verdict is None:
            log.warning("key_check_failed", key=key.id, pod=pod.manifest.name)
            if key.status != "Pending":
                await self._key_store.postpone(key)
            await self._end(key.id, children)
            return RETRY_SECONDS
        await self._key_store.record(key, verdict)
        log.info("key_checked", key=key.id, owner=key.owner, accepted=verdict.accepted)
        await self._end(key.id, children)
        return None

    async def _end(self, key_id: str, children: Children) -> None:
        self._repeated.discard(key_id)
        await self._remove(children)

    async def _remove(self, children: Children) -> None:
        for manifest in reversed(children.manifests):
            await self._children.delete(manifest)

    def _names(self, key_id: str) -> ChildKeys:
        names = verify_names(key_id)
        return ChildKeys(
            namespace=self._namespace,
            pod=names.pod,
            secret=names.secret,
            config_map=names.config_map,
        )


def _verdict(key: StoredKey, ending: Termination | None) -> KeyVerdict | None:
    if ending is None or ending.reason not in {ACCEPTED, REFUSED}:
        return None
    uid, told = ending.report.get("accountUid"), ending.report.get("permissions")
    permissions = told if isinstance(told, dict) else {}
    if ending.reason == REFUSED or not isinstance(uid, str) or not uid:
        reason = ending.message or "the exchange did not name the account"
        return _rejected(reason, permissions)
    # A Secret of its owner's may change its account with its content; bots change their books then.
    may_move = key.secret is not None and key.status == "Pending"
    if key.account_uid not in {None, uid} and not may_move:
        reason = "it belongs to another exchange account than before: add it as a key of its own"
        return _rejected(reason, permissions)
    return KeyVerdict(
        accepted=True, reason=ending.message, account_uid=uid, permissions=permissions
    )


def _rejected(reason: str, permissions: Mapping[str, Any] | None = None) -> KeyVerdict:
    return KeyVerdict(
        accepted=False, reason=reason, account_uid=None, permissions=permissions or {}
    )
