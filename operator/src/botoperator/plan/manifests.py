"""Kubernetes objects as plain mappings with an identity."""

import base64
import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botcore.resources.meta import GROUP

__all__ = [
    "ACCOUNT",
    "BOT_LABEL",
    "CONFIG_HASH",
    "CREDENTIALS",
    "FINALIZER",
    "POD_HASH",
    "STOPPING_SINCE",
    "UID_LABEL",
    "Kind",
    "Manifest",
    "decode_data",
    "digest",
    "encode_data",
]

FINALIZER = f"{GROUP}/drain"  # holds a bot's resource until the bot has ended in order

BOT_LABEL = f"{GROUP}/bot"
UID_LABEL = f"{GROUP}/uid"

# Annotations of the children.
ACCOUNT = f"{GROUP}/account"  # exchange account the pod trades on: environment/uid
CONFIG_HASH = f"{GROUP}/config-hash"  # a change of it also nudges the kubelet to refresh volumes
CREDENTIALS = f"{GROUP}/credentials"  # which key, in which revision; never the key
POD_HASH = f"{GROUP}/pod-hash"  # everything of a pod that only a new pod can change
STOPPING_SINCE = f"{GROUP}/stopping-since"


class Kind(StrEnum):
    """The kinds of a bot's children."""

    SECRET = "Secret"  # noqa: S105 the kind's name
    CONFIG_MAP = "ConfigMap"
    POD = "Pod"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One Kubernetes object; its content stays out of every text form, since it may be a Secret."""

    body: Mapping[str, Any] = field(repr=False)

    @property
    def kind(self) -> Kind:
        """The object's kind."""
        return Kind(self.body["kind"])

    @property
    def kind_name(self) -> str:
        """The object's kind as it is written, a TradingBot's included."""
        return str(self.body["kind"])

    @property
    def namespace(self) -> str:
        """The object's namespace."""
        return str(self.body["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """The object's name."""
        return str(self.body["metadata"]["name"])

    @property
    def uid(self) -> str | None:
        """The identity the API server gave the object; None for one that is only wanted."""
        uid: str | None = self.body["metadata"].get("uid")
        return uid

    @property
    def version(self) -> str:
        """Which state of the object this is; empty for one that is only wanted, or of this host."""
        return str(self.body["metadata"].get("resourceVersion") or "")

    @property
    def labels(self) -> Mapping[str, str]:
        """The object's labels."""
        labels: Mapping[str, str] = self.body["metadata"].get("labels") or {}
        return labels

    @property
    def annotations(self) -> Mapping[str, str]:
        """The object's annotations."""
        annotations: Mapping[str, str] = self.body["metadata"].get("annotations") or {}
        return annotations

    @property
    def data(self) -> Mapping[str, str]:
        """The object's data as it is written: plain in a ConfigMap, base64 in a Secret."""
        data: Mapping[str, str] = self.body.get("data") or {}
        return data

    @property
    def owner_uid(self) -> str | None:
        """The uid of the TradingBot that controls the object."""
        owners = self.body["metadata"].get("ownerReferences") or ()
        return next((str(one["uid"]) for one in owners if one.get("controller")), None)

    def with_annotations(self, changes: Mapping[str, str]) -> "Manifest":
        """Answer the object with further annotations."""
        metadata = {**self.body["metadata"], "annotations": {**self.annotations, **changes}}
        return Manifest(body={**self.body, "metadata": metadata})

    def with_data(self, data: Mapping[str, str]) -> "Manifest":
        """Answer the object with other data."""
        return Manifest(body={**self.body, "data": dict(data)})


def digest(value: object) -> str:
    """Hash anything JSON can write, the same for the same content; never used on secrets."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def encode_data(plain: Mapping[str, str]) -> dict[str, str]:
    """Write a Secret's data."""
    return {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}


def decode_data(data: Mapping[str, str]) -> dict[str, str]:
    """Read a Secret's data; what is no text, and so not ours, is left out."""
    plain = {}
    for key, value in data.items():
        with suppress(UnicodeDecodeError):
            plain[key] = base64.b64decode(value).decode()
    return plain
