"""Which versions are pinned, and which of those that are installed may be used instead."""

import re

__all__ = [
    "COREDNS",
    "ETCD",
    "GO",
    "KUBERNETES",
    "KWOK",
    "NODE_IMAGE",
    "PAUSE",
    "PROVISIONER",
    "is_new_enough_go",
    "is_usable",
    "version_command",
]

# 1.34 and not newer: from 1.35 on the kubelet refuses cgroup v1.
KUBERNETES = "v1.34.4"
NODE_IMAGE = (
    "kindest/node:v1.34.11@sha256:44e222ee2132dab25ff87301682f89eb82c7880ea3a1bf543bfe9708fd08d67d"
)
"""What kind pulls where there is a registry, from the notes of kind v0.33.0."""
ETCD = "3.6.5-0"
COREDNS = "v1.13.1"
PAUSE = "3.10"
"""The tag that kind's containerd configuration names."""
PROVISIONER = "github.com/rancher/local-path-provisioner@v0.0.30"
KWOK = "sigs.k8s.io/kwok@v0.8.0"
"""Plays the nodes of a bench; built only when one asks for it. Its own go.mod wants Go 1.26."""
GO = (1, 25)
"""The oldest Go that node/go.mod admits."""
_VERSION = re.compile(r"v(\d+)\.(\d+)\.\d+")
# A newer helm 4 has other defaults; a kubectl may be one minor version off the API server.
_USABLE = {
    "kind": ((0, 33), (0, 99)),
    "helm": ((3, 14), (3, 99)),
    "kubectl": ((1, 33), (1, 35)),
}


def version_command(name: str) -> tuple[str, ...]:
    """Return what makes a tool print its version."""
    return {
        "kind": ("kind", "version"),
        "helm": ("helm", "version", "--template", "{{.Version}}"),
        "kubectl": ("kubectl", "version", "--client"),
    }[name]


def is_usable(name: str, printed: str) -> bool:
    """Tell whether an installed kind, helm or kubectl will do."""
    found = _VERSION.search(printed)
    oldest, newest = _USABLE[name]
    return found is not None and oldest <= (int(found[1]), int(found[2])) <= newest


def is_new_enough_go(printed: str) -> bool:
    """Tell whether `go env GOVERSION` names a Go that can build the node."""
    found = re.fullmatch(r"go(\d+)\.(\d+).*", printed.strip())
    return found is not None and (int(found[1]), int(found[2])) >= GO
