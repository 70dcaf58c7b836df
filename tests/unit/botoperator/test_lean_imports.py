"""What the operator on Kubernetes leaves out of its memory, and what others still get."""

import subprocess
import sys
from importlib import import_module

import pytest

from botcore.runtime.lean_imports import hidden, missing

NAMES = """
import sys
import botoperator.wiring.kubernetes
print(*sorted(name for name in sys.modules if name.startswith("kubernetes.")))
import kubernetes.client
from kubernetes.aio import watch
print(kubernetes.client.V1Pod.__name__, watch.Watch.__name__)
"""


def test_operator_imports_of_the_client_library_what_it_uses() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NAMES], capture_output=True, text=True, check=True, timeout=120
    )

    imported, later = done.stdout.splitlines()
    assert "kubernetes.aio.client" in imported.split()
    assert "kubernetes.aio.config" in imported.split()
    assert [name for name in imported.split() if not name.startswith("kubernetes.aio")] == []
    assert later == "V1Pod Watch"


def test_what_is_held_back_is_held_back_for_the_block_alone() -> None:
    with hidden("not_installed"):
        assert import_module("not_installed").Anything is object
    with pytest.raises(ImportError):
        import_module("not_installed")

    with missing("wave"), pytest.raises(ImportError):
        import_module("wave")
    assert import_module("wave").open
