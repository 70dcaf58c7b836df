"""The difference between what is wanted and what is there, each change with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from botoperator.plan.manifests import POD_HASH, Kind, Manifest

__all__ = ["Change", "Create", "Delete", "Keep", "Patch", "Wait", "plan_changes", "writes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Make an object that is not there."""

    manifest: Manifest
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Bring an object's data, labels and annotations to what is wanted."""

    manifest: Manifest
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Remove an object; a pod gracefully, never by force (I1)."""

    manifest: Manifest
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Leave an object as it is."""

    manifest: Manifest
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Write nothing for an object until something else has happened."""

    manifest: Manifest
    reason: str


Change = Create | Patch | Delete | Keep | Wait


def plan_changes(desired: Sequence[Manifest], observed: Sequence[Manifest]) -> tuple[Change, ...]:
    """Compare object by object, in the order of `desired`; what is not desired goes.

    While a pod has to go nothing is written under its feet, and no pod is made before everything of
    an earlier bot of the same name is gone.
    """
    there = {_key(one): one for one in observed}
    wanted = {_key(one) for one in desired}
    changes = [_change(one, there.get(_key(one))) for one in desired]
    changes += [
        Delete(manifest=one, reason="NotWanted") for one in observed if _key(one) not in wanted
    ]
    leaving = [one.manifest.kind for one in changes if isinstance(one, Delete)]
    return tuple(_held_back(change, leaving) for change in changes)


def writes(changes: Sequence[Change]) -> tuple[Create | Patch | Delete, ...]:
    """Pick the changes that write something; none for an unchanged bot (I6)."""
    return tuple(one for one in changes if isinstance(one, Create | Patch | Delete))


def _change(desired: Manifest, observed: Manifest | None) -> Change:
    if observed is None:
        return Create(manifest=desired, reason="Missing")
    if observed.owner_uid != desired.owner_uid:
        return Delete(manifest=observed, reason="OfAnotherBot")
    if desired.kind is Kind.POD and _drifted(desired, observed):
        return Delete(manifest=observed, reason="PodTemplateChanged")
    reason = _difference(desired, observed)
    if reason:
        return Patch(manifest=desired, reason=reason)
    return Keep(manifest=observed, reason="Unchanged")


def _difference(desired: Manifest, observed: Manifest) -> str:
    if dict(observed.data) != dict(desired.data):
        return "DataChanged"
    if not _includes(observed.labels, desired.labels):
        return "LabelsChanged"
    if not _includes(observed.annotations, desired.annotations):
        return "AnnotationsChanged"
    return ""


def _held_back(change: Change, leaving: Sequence[Kind]) -> Change:
    is_pod = change.manifest.kind is Kind.POD
    if Kind.POD in leaving and not is_pod and not isinstance(change, Keep):
        return Wait(manifest=change.manifest, reason="PodMustGoFirst")
    if leaving and isinstance(change, Create) and is_pod:
        return Wait(manifest=change.manifest, reason="ChildrenMustGoFirst")
    return change


def _drifted(desired: Manifest, observed: Manifest) -> bool:
    return desired.annotations[POD_HASH] != observed.annotations.get(POD_HASH)


def _includes(there: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return wanted.items() <= there.items()


def _key(manifest: Manifest) -> tuple[Kind, str, str]:
    return manifest.kind, manifest.namespace, manifest.name
