"""A pod's folder: its manifest, its state and what its container mounts."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from botcore.domain.errors import Conflict
from botoperator.adapters.local_objects import LocalObjects
from botoperator.adapters.private_files import make_private, write_private
from botoperator.plan.manifests import Kind, Manifest
from botoperator.plan.observed import Termination

__all__ = ["MANIFEST", "PodFolder", "PodState"]

MANIFEST, STATE, TERMINATION_LOG = "pod.json", "status.json", "termination-log"
LONGEST_REPORT = 4096  # as the kubelet
LOOPBACK, PORT_VARIABLE, ANY_PORT = "127.0.0.1", "KBOTS_RUNNER_PROBE_PORT", "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodState:
    """What outlives this program about a pod; `phase` is Kubernetes', instants are ISO text."""

    uid: str
    phase: str = "Pending"
    is_deleting: bool = False
    restarts: int = 0
    started_at: str = ""
    pid: int = 0
    start_ticks: int = 0
    waiting_reason: str = ""
    waiting_message: str = ""
    ended: bool = False
    exit_code: int = 0
    report: Mapping[str, Any] = field(default_factory=dict)

    @property
    def termination(self) -> Termination | None:
        """How the container last ended."""
        if not self.ended:
            return None
        return Termination(
            exit_code=self.exit_code,
            reason=str(self.report.get("reason", "")),
            message=str(self.report.get("message", "")),
            report=self.report,
        )


class PodFolder:
    """The files of one pod below `<root>/<namespace>/<pod>`."""

    def __init__(self, path: Path, objects: LocalObjects) -> None:
        self.path = path
        self._objects = objects

    @classmethod
    def create(cls, path: Path, manifest: Manifest, objects: LocalObjects) -> "PodFolder":
        """Lay out a new pod, whole or not at all.

        Raises:
            Conflict: a pod of this name is there.
        """
        if path.exists():
            raise Conflict(f"pod {manifest.name} exists")
        draft = path.with_name(f".{path.name}")
        shutil.rmtree(draft, ignore_errors=True)
        make_private(draft)
        folder = cls(draft, objects)
        folder.write_manifest(manifest)
        folder.write_state(PodState(uid=str(uuid4())))
        for volume in manifest.body["spec"]["volumes"]:
            folder._mount(manifest.namespace, volume)
        draft.rename(path)
        return cls(path, objects)

    @property
    def lock(self) -> Path:
        """The file the runner holds a flock on while it runs."""
        return self.path / "state" / "lock"

    def read_manifest(self) -> Manifest:
        """Read the pod's manifest."""
        return Manifest(body=json.loads((self.path / MANIFEST).read_text(encoding="utf-8")))

    def write_manifest(self, manifest: Manifest) -> None:
        """Replace the pod's manifest."""
        write_private(self.path / MANIFEST, json.dumps(manifest.body, indent=1))

    def read_state(self) -> PodState:
        """Read the pod's state."""
        return PodState(**json.loads((self.path / STATE).read_text(encoding="utf-8")))

    def write_state(self, state: PodState) -> None:
        """Replace the pod's state."""
        write_private(self.path / STATE, json.dumps(asdict(state)))

    def missing_volume(self, manifest: Manifest) -> str:
        """Name a volume whose object is not there; empty if all are."""
        for volume in manifest.body["spec"]["volumes"]:
            if not (self.path / volume["name"]).exists():
                return str(volume["name"])
        return ""

    def environment(self, manifest: Manifest, uid: str) -> dict[str, str]:
        """Work out the container's environment: paths of mounts become paths of this folder.

        Pods of one host share its ports, so each takes a free one on the loopback and notes it in its state folder.
        """
        container = manifest.body["spec"]["containers"][0]
        places = {
            mount["mountPath"]: self.path / mount["name"] for mount in container["volumeMounts"]
        }
        places[container["terminationMessagePath"]] = self.path / TERMINATION_LOG
        fields = {"metadata.uid": uid, "status.podIP": LOOPBACK}
        environment = {
            one["name"]: _moved(one["value"], places)
            if "value" in one
            else fields[one["valueFrom"]["fieldRef"]["fieldPath"]]
            for one in container["env"]
        }
        return environment | ({PORT_VARIABLE: ANY_PORT} if PORT_VARIABLE in environment else {})

    def begin_report(self) -> None:
        """Empty the termination log for the next start."""
        write_private(self.path / TERMINATION_LOG, "")

    def read_report(self) -> dict[str, Any]:
        """Read the JSON object the container left in its termination log; empty if it left none."""
        try:
            with (self.path / TERMINATION_LOG).open(encoding="utf-8", errors="replace") as file:
                report = json.loads(file.read(LONGEST_REPORT))
        except (OSError, ValueError):
            return {}
        return report if isinstance(report, dict) else {}

    def remove(self) -> None:
        """Delete the pod with everything it kept."""
        shutil.rmtree(self.path)

    def _mount(self, namespace: str, volume: Mapping[str, Any]) -> None:
        place = self.path / volume["name"]
        if "configMap" in volume:
            name = volume["configMap"]["name"]
            place.symlink_to(self._objects.path(Kind.CONFIG_MAP, namespace, name))
        elif "secret" in volume:
            name = volume["secret"]["secretName"]
            place.symlink_to(self._objects.path(Kind.SECRET, namespace, name))
        else:
            make_private(place)


def _moved(value: str, places: Mapping[str, Path]) -> str:
    for mount, place in places.items():
        if value == mount or value.startswith(f"{mount}/"):
            return f"{place}{value.removeprefix(mount)}"
    return value
