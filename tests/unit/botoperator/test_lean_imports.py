"""What programs leave out of their memory, and what others still get."""

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


STARTED = """
import gc, sys
import botrunner.start
import structlog
print("rich" in sys.modules, structlog.dev.rich, gc.isenabled(), gc.get_freeze_count() > 10_000)
import rich
print(rich.drawn)
"""


def test_program_starts_without_colours_and_with_nothing_for_the_collector(tmp_path):
    package = tmp_path / "rich"
    package.mkdir()
    (package / "__init__.py").write_text("drawn = 'in colour'", encoding="utf-8")
    for part in ("console", "traceback", "pretty"):
        name = part.capitalize()
        (package / f"{part}.py").write_text(f"class {name}: pass", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-c", STARTED],
        env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.splitlines() == ["False None True True", "in colour"]
