"""What an artefact is made from: digests of inputs, names made of them, and the commands that make it.

An image's tag names its inputs, so a changed recipe is built and an unchanged one is found again.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hack.cluster.versions import COREDNS, ETCD, KUBERNETES, PAUSE, PROVISIONER
from hack.report import StepFailed

__all__ = [
    "GO_FLAGS",
    "NODE_PACKAGES",
    "TOOL_PACKAGES",
    "Part",
    "StorageManifest",
    "digest",
    "files_below",
    "mmdebstrap",
    "node_parts",
    "storage_manifest",
]

_VERSION = "k8s.io/component-base/version"
_SYMBOLS = {
    f"{_VERSION}.gitVersion": KUBERNETES,
    f"{_VERSION}.gitMajor": "1",
    f"{_VERSION}.gitMinor": KUBERNETES.split(".")[1],
    f"{_VERSION}.gitTreeState": "clean",
    "k8s.io/client-go/pkg/version.gitVersion": KUBERNETES,
}
GO_FLAGS = (
    "-buildvcs=false",
    "-trimpath",
    "-ldflags",
    " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in _SYMBOLS.items())]),
)
TOOL_PACKAGES = {
    "kind": "sigs.k8s.io/kind",
    "helm": "helm.sh/helm/v3/cmd/helm",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
}
_CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
NODE_PACKAGES = (
    *(f"k8s.io/kubernetes/cmd/{name}" for name in (*_CONTROL_PLANE, "kube-proxy", "kubelet", "kubeadm")),
    "go.etcd.io/etcd/server/v3",
    "./coredns",
    "./pause",
)  # fmt: skip
_SKIPPED = {"__pycache__"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One image inside the node."""

    binary: str
    tag: str
    is_static: bool = True
    """Whether the binary needs nothing around it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageManifest:
    """kind's default StorageClass and the images that it names."""

    text: str
    provisioner: str
    helper: str


def digest(parts: Iterable[tuple[str, bytes]]) -> str:
    """Return twelve hexadecimal digits that name these inputs, whatever their order."""
    total = hashlib.sha256()
    for name, content in sorted(parts):
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()[:12]


def files_below(folder: Path, *names: str) -> list[tuple[str, bytes]]:
    """Return the named files and everything below the named folders, each with its path from `folder`."""
    found = []
    for start in (folder / name for name in names or (".",)):
        paths = [start] if start.is_file() else start.rglob("*")
        found += [
            (str(path.relative_to(folder)), path.read_bytes())
            for path in paths
            if path.is_file() and not _SKIPPED & set(path.parts)
        ]
    return found


def mmdebstrap(target: Path, packages: Iterable[str], extra: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the command that makes a Debian root file system as a tar file."""
    return (
        "mmdebstrap", "--variant=minbase", "--format=tar", f"--include={','.join(packages)}",
        *extra, "trixie", str(target),
    )  # fmt: skip


def node_parts(storage: StorageManifest) -> tuple[Part, ...]:
    """Return the images that kubeadm and kind expect in a node, by the names they give them."""
    registry = "registry.k8s.io"
    return (
        *(Part(binary=name, tag=f"{registry}/{name}:{KUBERNETES}") for name in _CONTROL_PLANE),
        Part(binary="kube-proxy", tag=f"{registry}/kube-proxy:{KUBERNETES}", is_static=False),
        Part(binary="etcd", tag=f"{registry}/etcd:{ETCD}"),
        Part(binary="coredns", tag=f"{registry}/coredns/coredns:{COREDNS}"),
        Part(binary="pause", tag=f"{registry}/pause:{PAUSE}"),
        Part(binary=PROVISIONER.split("@")[0].rpartition("/")[2], tag=storage.provisioner),
    )


def storage_manifest(source: str) -> StorageManifest:
    """Take the manifest out of kind's own Go source.

    Raises:
        StepFailed: that source is not as this version of kind has it.
    """
    constants = dict(re.findall(r'^const (\w+) = "([^"]+)"$', source, re.MULTILINE))
    found = re.search(
        r"^const defaultStorageManifest = `(.*)`\s*$", source, re.MULTILINE | re.DOTALL
    )
    try:
        if found is None:
            raise KeyError("defaultStorageManifest")  # noqa: TRY301 both faults have one meaning
        text = re.sub(r"` \+ (\w+) \+ `", lambda name: constants[name[1]], found[1])
        return StorageManifest(
            text=text,
            provisioner=constants["storageProvisionerImage"],
            helper=constants["storageHelperImage"],
        )
    except KeyError as error:
        raise StepFailed(
            f"kind's source has no {error}", fix="adapt hack/cluster/recipe.py to this kind"
        ) from error
