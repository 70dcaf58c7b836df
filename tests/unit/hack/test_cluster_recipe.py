"""What names an artefact, and what is taken out of kind's own source."""

from pathlib import Path

import pytest

from hack.cluster.binaries import MODULE, bar, ensure_kwok, packages_built
from hack.cluster.context import make_context
from hack.cluster.product_images import PROGRAMS, program_tag
from hack.cluster.recipe import (
    NODE_PACKAGES,
    TOOL_PACKAGES,
    digest,
    files_below,
    mmdebstrap,
    node_parts,
    storage_manifest,
)
from hack.cluster.settings import Settings
from hack.cluster.versions import KWOK, is_new_enough_go, is_usable
from hack.report import Report, StepFailed

KIND_SOURCE = """package nodeimage

const storageProvisionerImage = "docker.io/kindest/local-path-provisioner:v1"
const storageHelperImage = "docker.io/kindest/local-path-helper:v2"

const defaultStorageManifest = `
kind: Deployment
image: ` + storageProvisionerImage + `
helper: ` + storageHelperImage + `
`
"""


def test_digest_changes_with_name_and_content_and_not_with_order() -> None:
    first = digest([("a", b"1"), ("b", b"2")])

    assert digest([("b", b"2"), ("a", b"1")]) == first
    assert digest([("a", b"1"), ("b", b"3")]) != first
    assert digest([("a", b"1"), ("c", b"2")]) != first
    assert digest([("a", b"1b2")]) != digest([("a", b"1"), ("b", b"2")])


def test_compiled_python_is_no_input(tmp_path: Path) -> None:
    (tmp_path / "src" / "__pycache__").mkdir(parents=True)
    (tmp_path / "src" / "__pycache__" / "a.pyc").write_bytes(b"x")
    (tmp_path / "src" / "a.py").write_bytes(b"y")
    (tmp_path / "other").write_bytes(b"z")

    assert files_below(tmp_path, "src") == [("src/a.py", b"y")]
    assert {name for name, _ in files_below(tmp_path)} == {"src/a.py", "other"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_program_on_another_base_is_another_image(program: str) -> None:
    tag = program_tag(program, "")

    assert tag == program_tag(program, "")
    assert tag != program_tag(program, "kbots/python:x")
    assert tag.startswith(f"kbots/{program}:dev-")


def test_node_holds_what_kubeadm_and_kind_ask_for() -> None:
    storage = storage_manifest(KIND_SOURCE)
    parts = {part.binary: part for part in node_parts(storage)}

    assert parts["kube-proxy"].is_static is False  # it calls iptables
    assert parts["local-path-provisioner"].tag == storage.provisioner
    assert {part.tag.split("/")[0] for part in parts.values()} == {"registry.k8s.io", "docker.io"}


def test_module_pins_every_package_that_is_built() -> None:
    text = (MODULE / "go.mod").read_text(encoding="utf-8")

    listed = [package for package in (*NODE_PACKAGES, *TOOL_PACKAGES.values()) if package[0] != "."]
    assert [package for package in listed if f"\t{package}\n" not in text] == []


def test_storage_manifest_names_its_images() -> None:
    storage = storage_manifest(KIND_SOURCE)

    assert f"image: {storage.provisioner}\n" in storage.text
    assert f"helper: {storage.helper}\n" in storage.text
    assert "`" not in storage.text


@pytest.mark.parametrize("missing", ["storageHelperImage = ", "defaultStorageManifest = "])
def test_another_kind_is_refused_by_what_it_lacks(missing: str) -> None:
    with pytest.raises(StepFailed, match=missing.split(maxsplit=1)[0]):
        storage_manifest(KIND_SOURCE.replace(missing, "other = "))


def test_root_file_system_is_a_tar_whatever_its_name() -> None:
    command = mmdebstrap(Path("root.tar.partial"), ["a", "b"], ["--x=y"])

    assert "--format=tar" in command
    assert "--include=a,b" in command
    assert command[-3:] == ("--x=y", "trixie", "root.tar.partial")


@pytest.mark.parametrize(
    ("name", "printed", "expected"),
    [
        ("kubectl", "Client Version: v1.34.4\nKustomize Version: v5.5.0", True),
        ("kubectl", "Client Version: v1.32.4-dispatcher", False),
        ("kubectl", "Client Version: v1.37.0", False),
        ("helm", "v3.19.5+g1234", True),
        ("helm", "v4.0.1", False),
        ("kind", "kind v0.33.0 go1.26.8 linux/amd64", True),
        ("kind", "kind v0.20.0 go1.20 linux/amd64", False),
        ("kind", "no version at all", False),
    ],
)
def test_installed_tool_is_used_only_where_it_will_do(
    name: str, printed: str, *, expected: bool
) -> None:
    assert is_usable(name, printed) is expected


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("go1.25.0", True), ("go1.26.8\n", True), ("go1.24.3", False), ("go2.0", True), ("", False)],
)
def test_go_is_judged_by_its_version(printed: str, *, expected: bool) -> None:
    assert is_new_enough_go(printed) is expected


def test_progress_counts_packages_and_nothing_else(tmp_path: Path) -> None:
    log = tmp_path / "go-build.log"
    assert packages_built(log) == 0

    log.write_text("$ go build -v\ngo: downloading k8s.io/api v0.34.4\nk8s.io/api\nerrors\n")

    assert packages_built(log) == 2
    assert bar(50, 100).count("#") == 15
    assert bar(200, 100).count("#") == 30
    assert "linking" in bar(0, 100)


def test_kwok_is_built_once_and_only_where_there_is_go(tmp_path: Path) -> None:
    settings = Settings(cache=tmp_path, is_offline=True, environment={"PATH": str(tmp_path)})
    context = make_context(settings, Report(quiet=True))

    with pytest.raises(StepFailed, match="Go 1"):
        ensure_kwok(context)

    name = KWOK.rpartition("/")[2]
    for file in (name, f"{name}.yaml"):
        (context.paths.bin / file).touch()
    assert ensure_kwok(context).binary == context.paths.bin / name
