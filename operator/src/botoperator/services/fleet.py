"""What the last look at every bot found, for whoever counts bots or asks which ones something concerns."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botoperator.ports import BotKey

__all__ = ["Fleet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    uid: str
    owner: str
    sealed_key: str | None
    secret_name: str | None
    state: tuple[str, str, str]
    conditions: tuple[tuple[str, str], ...]


class Fleet:
    """Every bot this operator has looked at; nothing is decided by it."""

    def __init__(self) -> None:
        self._members: dict[BotKey, _Member] = {}
        self._by_uid: dict[str, BotKey] = {}
        self._seen_since: set[BotKey] = set()

    def learn(self, key: BotKey, manifest: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        """Take in a bot as it is stored and the status that was derived for it."""
        self.forget(key)
        self._add(key, manifest, status)

    def begin_list(self) -> None:
        """Hear that a list of all bots is about to be read."""
        self._seen_since.clear()

    def end_list(self, listed: Mapping[BotKey, Mapping[str, Any]]) -> None:
        """Take in the list that was begun; of a bot that was looked at meanwhile the look knows better."""
        for key in self._members.keys() - listed.keys() - self._seen_since:
            self._remove(key)
        for key in listed.keys() - self._seen_since:
            self._remove(key)
            self._add(key, listed[key], listed[key].get("status") or {})

    def _add(self, key: BotKey, manifest: Mapping[str, Any], status: Mapping[str, Any]) -> None:
        spec, uid = manifest["spec"], str(manifest["metadata"]["uid"])
        exchange, credentials = spec.get("exchange") or {}, spec.get("credentials") or {}
        self._members[key] = _Member(
            uid=uid,
            owner=str(spec.get("owner", "")),
            sealed_key=credentials.get("sealedKey"),
            secret_name=credentials.get("secretName"),
            state=(
                str(spec.get("desiredState", "")),
                str(status.get("phase") or ""),
                f"{exchange.get('name', 'binance')}/{spec.get('mode', '')}",
            ),
            conditions=tuple(
                (str(one["type"]), str(one["status"])) for one in status.get("conditions", ())
            ),
        )
        self._by_uid[uid] = key

    def forget(self, key: BotKey) -> None:
        """Leave out a bot that is gone."""
        self._seen_since.add(key)
        self._remove(key)

    def _remove(self, key: BotKey) -> None:
        member = self._members.pop(key, None)
        if member is not None and self._by_uid.get(member.uid) == key:
            del self._by_uid[member.uid]

    def find(self, uid: str) -> BotKey | None:
        """Find a bot by its uid."""
        return self._by_uid.get(uid)

    def of_owner(self, owner: str) -> tuple[BotKey, ...]:
        """List an owner's bots."""
        return tuple(key for key, one in self._members.items() if one.owner == owner)

    def using_key(self, key_id: str) -> tuple[BotKey, ...]:
        """List the bots that name a sealed key; if none does, those with a Secret: whose it is, is not known here."""
        named = tuple(key for key, one in self._members.items() if one.sealed_key == key_id)
        return named or tuple(key for key, one in self._members.items() if one.secret_name)

    def using_secret(self, namespace: str, name: str) -> tuple[BotKey, ...]:
        """List the bots that name a Secret of their owner's."""
        return tuple(
            key
            for key, one in self._members.items()
            if key.namespace == namespace and one.secret_name == name
        )

    def states(self) -> Mapping[tuple[str, ...], int]:
        """Count bots by desired state, phase and exchange."""
        return Counter(one.state for one in self._members.values())

    def conditions(self) -> Mapping[tuple[str, ...], int]:
        """Count bots by condition type and status."""
        return Counter(pair for one in self._members.values() for pair in one.conditions)
