"""kind's node image without a registry: Debian packages, kind's own files, and Kubernetes as built here."""

import shutil
import time
from pathlib import Path

from hack.cluster.base_images import build_root, copy_plain, words
from hack.cluster.binaries import MODULE
from hack.cluster.context import Context
from hack.cluster.docker import LABEL
from hack.cluster.recipe import (
    GO_FLAGS,
    NODE_PACKAGES,
    Part,
    StorageManifest,
    digest,
    files_below,
    node_parts,
    storage_manifest,
)
from hack.cluster.versions import KUBERNETES, PROVISIONER
from hack.report import StepFailed

__all__ = ["assemble_node", "node_root", "node_tag"]

_BASE = "kbots/node-base:partial"
_BUILDER = "kbots-node-build"
_START = '["/usr/local/bin/entrypoint", "/sbin/init"]'
_CONTAINERD_SECONDS = 30


def node_tag() -> str:
    """Return the name of the node image that this recipe makes."""
    pins = repr((GO_FLAGS, NODE_PACKAGES, PROVISIONER, node_parts(_NO_STORAGE)))
    return f"kbots/node:{KUBERNETES}-{digest([*files_below(MODULE), ('pins', pins.encode())])}"


def node_root(context: Context) -> Path:
    """Make the node's root file system; returns the folder with `root.tar`."""
    folder = context.work_folder(f"node-{node_tag().rpartition('-')[2]}")
    if not (folder / "root.tar").exists():
        with context.report.step("root file system of the node"):
            build_root(context, folder, words(MODULE / "packages.txt"), [])
    return folder


def assemble_node(context: Context, folder: Path, binaries: Path) -> None:
    """Put the node image together; it gets its tag in the last step.

    Raises:
        StepFailed: one of the builds failed.
    """
    with context.report.step(f"node image of Kubernetes {KUBERNETES}"):
        kind = Path(_kind_module(context))
        storage = storage_manifest(
            (kind / "pkg/build/nodeimage/const_storage.go").read_text(encoding="utf-8")
        )
        _lay_out(context, folder, kind, binaries, storage)
        context.docker.build(_BASE, folder, log="node-image")
        parts = node_parts(storage)
        for part in parts:
            _build_part(context, part, binaries)
        tags = [*(part.tag for part in parts), storage.helper]
        context.docker.run("tag", _BASE, storage.helper, log="node-image")
        archive = context.paths.work / "node-images.tar"
        context.docker.run("save", "--output", str(archive), *tags, log="node-image")
        _import_into_base(context, archive)
        context.docker.run("image", "rm", *tags, _BASE, log="node-image")
        archive.unlink()
        shutil.rmtree(folder)
        shutil.rmtree(binaries)


_NO_STORAGE = StorageManifest(text="", provisioner="", helper="")


def _kind_module(context: Context) -> str:
    answer = context.commands.ask(
        "go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kind", folder=MODULE
    )
    if answer.code != 0 or not answer.text:
        raise StepFailed(f"kind's Go module is not there: {answer.error}", fix="run again")
    return answer.text


def _lay_out(
    context: Context, folder: Path, kind: Path, binaries: Path, storage: StorageManifest
) -> None:
    """Fill the build context: kind's files, ours, and nothing that an earlier run may have left half copied."""
    files = folder / "files"
    shutil.rmtree(files, ignore_errors=True)
    theirs = kind / "images/base/files"
    for path in theirs.rglob("*"):
        if path.is_file():
            copy_plain(path, files / path.relative_to(theirs))
    for name in ("kubeadm", "kubelet"):
        copy_plain(binaries / name, files / "usr/bin" / name, 0o755)
    copy_plain(context.paths.bin / "kubectl", files / "usr/bin/kubectl", 0o755)
    copy_plain(MODULE / "pods.conflist", files / "etc/cni/net.d/10-pods.conflist")
    for name, text in {
        "version": KUBERNETES,
        "manifests/default-storage.yaml": storage.text,
    }.items():
        target = files / "kind" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(0o644)
    copy_plain(MODULE / "Dockerfile", folder / "Dockerfile")


def _build_part(context: Context, part: Part, binaries: Path) -> None:
    """Build the image of one program; its entry point stands where a bare name finds it, as kubeadm runs it."""
    folder = context.work_folder("node-part")
    copy_plain(binaries / part.binary, folder / "program", 0o755)
    path = f"/usr/local/bin/{part.binary}"
    base = "FROM scratch\nENV PATH=/usr/local/bin" if part.is_static else f"FROM {_BASE}"
    text = f'{base}\nCOPY program {path}\nENTRYPOINT ["{path}"]\n'
    (folder / "Dockerfile").write_text(text, encoding="utf-8")
    context.docker.build(part.tag, folder, log="node-image")
    shutil.rmtree(folder)


def _import_into_base(context: Context, archive: Path) -> None:
    """Import the images into the node's own containerd and commit the result under its tag."""
    docker = context.docker
    docker.ask("rm", "--force", _BUILDER)
    docker.run(
        "run", "--detach", "--privileged", "--name", _BUILDER, "--entrypoint", "containerd", _BASE,
        log="node-image",
    )  # fmt: skip
    try:
        end = time.monotonic() + _CONTAINERD_SECONDS
        while docker.ask("exec", _BUILDER, "ctr", "version") is None:
            if time.monotonic() > end:
                raise StepFailed(
                    "containerd does not start in the node image",
                    fix=f"docker logs {_BUILDER}", log=context.commands.log("node-image"),
                )  # fmt: skip
            time.sleep(0.3)
        docker.run(
            "exec", "--interactive", _BUILDER, "ctr", "-n", "k8s.io", "images", "import", "--no-unpack", "-",
            log="node-image", stdin=archive,
        )  # fmt: skip
        # By its own signal, since the base's STOPSIGNAL means nothing to a bare containerd.
        docker.run("kill", "--signal", "TERM", _BUILDER, log="node-image")
        docker.run("wait", _BUILDER, log="node-image")
        docker.run(
            "commit", "--change", f"ENTRYPOINT {_START}", "--change", f"LABEL {LABEL}", _BUILDER, node_tag(),
            log="node-image",
        )  # fmt: skip
    finally:
        docker.ask("rm", "--force", "--volumes", _BUILDER)
