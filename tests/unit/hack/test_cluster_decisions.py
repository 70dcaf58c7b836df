"""What is decided before anything is touched: engine, cluster, images to load, values."""

import json
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import yaml

from hack.cluster.docker import leftovers
from hack.cluster.engine import WRAPPER, is_without_sys_resource, with_runtime
from hack.cluster.host_packages import missing_packages
from hack.cluster.kind_cluster import (
    Action,
    Node,
    choose_port,
    kind_config,
    not_loaded,
    what_to_do,
)
from hack.cluster.paths import ROOT, Paths
from hack.cluster.product_images import Images
from hack.cluster.release import helm_settings
from hack.cluster.settings import read_settings
from hack.cluster.state import State, dashboard_port, exclusive, read_state, write_state
from hack.report import StepFailed

RUNNING = Node(id="n1", is_running=True)
OURS = State(port=8080, recipe="r1", node="n1")


@pytest.mark.parametrize(
    ("node", "state", "expected"),
    [
        (None, State(), Action.CREATE),
        (None, OURS, Action.CREATE),
        (RUNNING, OURS, Action.NOTHING),
        (Node(id="n1", is_running=False), OURS, Action.START),
        (RUNNING, State(port=8080, recipe="r0", node="n1"), Action.CREATE_ANEW),
        (RUNNING, State(port=8080, recipe="r1", node=None), Action.CREATE_ANEW),
        (RUNNING, State(), Action.REFUSE),
        (Node(id="n2", is_running=True), OURS, Action.REFUSE),
    ],
)
def test_found_cluster_is_treated_by_who_made_it_from_what(
    node: Node | None, state: State, expected: Action
) -> None:
    assert what_to_do(node, state, "r1") is expected


@pytest.mark.parametrize("is_offline", [True, False])
def test_kind_config_leads_one_loopback_port_to_the_dashboard(*, is_offline: bool) -> None:
    config = yaml.safe_load(kind_config(8123, is_offline=is_offline))

    (node,) = config["nodes"]
    (mapping,) = node["extraPortMappings"]
    assert mapping == {"containerPort": 30080, "hostPort": 8123, "listenAddress": "127.0.0.1"}
    patches = [yaml.safe_load(patch) for patch in config["kubeadmConfigPatches"]]
    (kubelet,) = [patch for patch in patches if patch["kind"] == "KubeletConfiguration"]
    assert kubelet["crashLoopBackOff"]["maxContainerRestartPeriod"] == "1s"
    assert config["featureGates"]["KubeletCrashLoopBackOffMax"] is True
    assert ("networking" in config) is is_offline


def test_kept_port_is_left_when_somebody_else_has_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert choose_port(port) != port

    assert choose_port(port) == port


def test_only_images_that_the_node_lacks_are_loaded() -> None:
    listed = "docker.io/kbots/operator:dev-1\nsha256:abc\ndocker.io/kbots/postgres:17-debian-2\n"

    assert not_loaded(("kbots/operator:dev-1", "kbots/operator:dev-2"), listed) == [
        "kbots/operator:dev-2"
    ]


def test_chart_gets_every_image_that_was_made() -> None:
    programs = {name: f"kbots/{name}:dev-1" for name in ("operator", "exchange")}
    images = Images(node="n", postgres="kbots/postgres:17-debian-2", programs=programs, built=())

    settings = helm_settings(images, 8080)

    assert settings["images.operator.repository"] == "kbots/operator"
    assert settings["images.operator.tag"] == "dev-1"
    assert settings["postgres.image.tag"] == "17-debian-2"
    assert settings["dashboard.publicOrigin"] == "http://127.0.0.1:8080"


def test_values_are_known_to_the_chart() -> None:
    ours = yaml.safe_load((ROOT / "hack/cluster/values.yaml").read_text(encoding="utf-8"))
    theirs = yaml.safe_load((ROOT / "charts/kbots/values.yaml").read_text(encoding="utf-8"))

    def unknown(mine: dict[str, object], known: dict[str, object], path: str = "") -> list[str]:
        found = []
        for key, value in mine.items():
            if key not in known:
                found.append(f"{path}{key}")
            elif isinstance(value, dict):
                inner = known[key]
                assert isinstance(inner, dict)
                found += unknown(value, inner, f"{path}{key}.")
        return found

    images = Images(node="", postgres="a:b", programs={"operator": "a:b"}, built=())
    for key in helm_settings(images, 1):
        nested = ours
        *folders, last = key.split(".")
        for folder in folders:
            nested = nested.setdefault(folder, {})
        nested[last] = ""
    assert unknown(ours, theirs) == []


@pytest.mark.parametrize(
    ("bound", "expected"),
    [("000001fffeffffff", True), ("000001ffffffffff", False), ("0000000001000000", False)],
)
def test_missing_capability_is_read_from_the_bounding_set(bound: str, *, expected: bool) -> None:
    assert is_without_sys_resource(f"Name:\tx\nCapBnd:\t{bound}\nCapAmb:\t0\n") is expected
    assert is_without_sys_resource("") is False


def test_engine_keeps_its_other_settings() -> None:
    config = {"log-level": "warn", "runtimes": {"other": {"path": "/bin/other"}}}

    changed = with_runtime(config)

    assert changed["log-level"] == "warn"
    assert changed["runtimes"].keys() == {"other", changed["default-runtime"]}
    assert config["runtimes"] == {"other": {"path": "/bin/other"}}


def test_packages_are_named_by_the_commands_that_are_missing(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.touch(mode=0o755)

    needed = {"there": "one", "absent": "two", "gone": "two"}

    assert missing_packages(needed, str(tmp_path)) == ["two"]


def test_only_untagged_images_on_ours_are_leftovers() -> None:
    parents = {"a": "base", "b": "a", "c": "foreign", "foreign": "", "base": ""}

    assert leftovers(parents, ["b", "a", "c", "foreign"], {"base"}) == ["b", "a"]


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (["create", "--bundle", "{bundle}", "x"], "process"),
        (["exec", "--process", "{file}", "x"], ""),
    ],
)
def test_runtime_is_started_without_the_capability(
    tmp_path: Path, arguments: list[str], place: str
) -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    runc = tmp_path / "runc"
    runc.write_text('#!/bin/sh\necho "$@"\n')
    runc.chmod(0o755)
    sets = {"bounding": ["CAP_SYS_RESOURCE", "CAP_KILL"], "effective": ["CAP_KILL"]}
    file = tmp_path / "config.json"
    inner = {"capabilities": sets, "cwd": "/"}
    file.write_text(json.dumps({place: inner} if place else inner))
    command = [word.format(bundle=tmp_path, file=file) for word in arguments]

    done = subprocess.run(
        [WRAPPER, "--root", "/run/create", *command],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    written = json.loads(file.read_text())
    assert (written[place] if place else written) == {
        "capabilities": {"bounding": ["CAP_KILL"], "effective": ["CAP_KILL"]},
        "cwd": "/",
    }
    assert done.stdout.split() == ["--root", "/run/create", *command]


@pytest.mark.parametrize(("given", "expected"), [("1", True), ("0", False), ("", None)])
def test_caller_decides_about_the_registry(given: str, *, expected: bool | None) -> None:
    assert read_settings({"KBOTS_OFFLINE": given, "HOME": "/h"}).is_offline is expected


def test_unclear_answer_about_the_registry_is_refused() -> None:
    with pytest.raises(StepFailed, match="KBOTS_OFFLINE"):
        read_settings({"KBOTS_OFFLINE": "maybe", "HOME": "/h"})


def test_cache_lies_where_the_user_keeps_caches() -> None:
    assert read_settings({"HOME": "/h"}).cache == Path("/h/.cache/kbots")
    assert read_settings({"HOME": "/h", "XDG_CACHE_HOME": "/c"}).cache == Path("/c/kbots")


def test_state_is_kept_and_an_unreadable_one_is_named(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    with pytest.raises(StepFailed, match="no cluster"):
        dashboard_port(paths)

    write_state(paths, OURS)

    assert read_state(paths) == OURS
    assert dashboard_port(paths) == 8080
    paths.state.write_text("{")
    with pytest.raises(StepFailed, match="state"):
        read_state(paths)


def test_one_run_at_a_time(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "cache")

    with exclusive(paths), pytest.raises(StepFailed, match="already"), exclusive(paths):
        pass
    with exclusive(paths):
        assert paths.bin.is_dir()
