"""A bot's pod is restricted, and its key lies in files alone (I4)."""

import base64
import json
from collections.abc import Callable

import pytest

from tests.support.cluster.platform import BOTS, ClusterPlatform
from tests.support.waiting import wait_until

Kubectl = Callable[..., str]
KEYS = ("api-key", "api-secret", "database-password")
NAMES = {"key-version"}
"""Of the files: what names a key and tells nothing of it."""
FOLDER = "/etc/kbots/credentials"


@pytest.fixture
def inside(running_bot: str, kubectl: Kubectl) -> Callable[[str], str]:
    """Run a line of shell in the bot's container."""
    return lambda line: kubectl("-n", BOTS, "exec", f"tb-{running_bot}", "--", "sh", "-c", line)


def secrets_of(platform: ClusterPlatform, name: str) -> dict[str, str]:
    secret = platform.object("secrets", f"tb-{name}-creds")
    assert secret is not None
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def test_process_has_no_rights_and_a_read_only_root(
    platform: ClusterPlatform, running_bot: str, inside: Callable[[str], str]
) -> None:
    status = dict(
        line.split(":", 1) for line in inside("cat /proc/1/status").splitlines() if ":" in line
    )

    assert status["Uid"].split() == ["10001"] * 4
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"  # a filter
    assert "read-only" in inside("touch /here 2>&1 || true").lower()
    assert "absent" in inside("test -e /var/run/secrets/kubernetes.io || echo absent")


def test_key_is_a_file_of_the_pod_and_nowhere_else(
    platform: ClusterPlatform, running_bot: str, inside: Callable[[str], str]
) -> None:
    files = secrets_of(platform, running_bot)

    assert set(files) == {*KEYS, *NAMES}
    for key, value in files.items():
        assert inside(f"cat {FOLDER}/{key}") == value
        # Kubernetes adds the group of the pod's own user, which has no other member.
        assert inside(f"stat -L -c '%a %g' {FOLDER}/{key}").strip() in {"400 10001", "440 10001"}
    assert f"{FOLDER} " in inside("grep tmpfs /proc/mounts")
    written = {
        "environment": inside("cat /proc/1/environ"),
        "arguments": inside("cat /proc/1/cmdline"),
        "pod": json.dumps(platform.pod(running_bot)),
        "configuration": json.dumps(platform.object("configmaps", f"tb-{running_bot}-cfg")),
        "resource": json.dumps(platform.get(running_bot)),
    }
    for value in (files[key] for key in KEYS):
        assert [where for where, text in written.items() if value in text] == []


def test_kubelet_finds_the_bot_ready_and_lets_it_live(
    platform: ClusterPlatform, running_bot: str
) -> None:
    def ready() -> bool:
        pod = platform.pod(running_bot)
        assert pod is not None
        conditions = {one["type"]: one["status"] for one in pod["status"].get("conditions", ())}
        return conditions.get("Ready") == "True"

    wait_until(ready, "the pod is ready", seconds=60)

    pod = platform.pod(running_bot)
    assert pod is not None
    (container,) = pod["status"]["containerStatuses"]
    assert (container["started"], container["restartCount"]) == (True, 0)


def test_namespace_takes_restricted_pods_alone(kubectl: Kubectl) -> None:
    namespace = json.loads(kubectl("get", "namespace", BOTS, "-o", "json"))

    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
