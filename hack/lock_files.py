"""Lock files: made by uv from every member's dependencies, checked without a network.

`write` resolves and pins everything with hashes. `check` compares a digest of what was declared, and of the lock
files themselves, with the digest noted at the last `write`: no registry can make it pass or fail.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

__all__ = ["declared", "digests", "main"]

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
NOTE = LOCKS / "inputs.json"
MEMBERS = ("core", "operator", "botrunner", "dashboard", "exchange")
_ALL = tuple(f"{member}/pyproject.toml" for member in MEMBERS)
# What each lock file is made from. The programs' own files are what their images install.
SETS = {
    "dev": (
        *_ALL,
        "--all-extras",
        "--group=pyproject.toml:standalone",
        "--group=pyproject.toml:dev",
    ),
    # One host needs no Kubernetes client.
    "run": (
        *_ALL,
        "--extra=ledger",
        "--extra=parquet",
        "--extra=sealing",
        "--group=pyproject.toml:standalone",
    ),
    "build": ("--group=pyproject.toml:build",),
    "operator": ("operator/pyproject.toml", "--extra=cluster"),
    "botrunner": ("botrunner/pyproject.toml",),
    "dashboard": ("dashboard/pyproject.toml", "--extra=cluster"),
    "exchange": ("exchange/pyproject.toml",),
}
_OPTIONS = (
    "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate",
    "--no-emit-index-url", "--no-emit-find-links", "--no-emit-package", "kbots-botcore",
)  # fmt: skip


def declared(project: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a pyproject that decides what is installed."""
    table = project.get("project", {})
    return {
        "python": table.get("requires-python"),
        "dependencies": table.get("dependencies", []),
        "extras": table.get("optional-dependencies", {}),
        "groups": project.get("dependency-groups", {}),
    }


def digests() -> dict[str, str]:
    """Return a digest of every declaration and of every lock file."""
    found = {}
    for folder in (".", *MEMBERS):
        project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))
        text = json.dumps(declared(project), sort_keys=True)
        found[f"{folder}/pyproject.toml"] = hashlib.sha256(text.encode()).hexdigest()
    for name in SETS:
        lock = LOCKS / f"{name}.txt"
        found[f"requirements/{name}.txt"] = (
            hashlib.sha256(lock.read_bytes()).hexdigest() if lock.exists() else "missing"
        )
    return found


def _write() -> None:
    uv = Path(sys.executable).with_name("uv")
    # `dev` leads: the smaller sets are held to its versions, so that one environment can carry them all.
    for name, inputs in SETS.items():
        held = [] if name == "dev" else ["--constraints", "requirements/dev.txt"]
        output = ["-o", f"requirements/{name}.txt"]
        command = [str(uv), "pip", "compile", *_OPTIONS, *inputs, *held, *output]
        subprocess.run(command, cwd=ROOT, check=True)
    NOTE.write_text(json.dumps(digests(), indent=2) + "\n", encoding="utf-8")


def _check() -> int:
    noted = json.loads(NOTE.read_text(encoding="utf-8")) if NOTE.exists() else {}
    stale = [name for name, digest in digests().items() if noted.get(name) != digest]
    if stale:
        print(f"lock files are not current: {', '.join(stale)} changed; run `make lock`")
        return 1
    print("lock files are current")
    return 0


def main() -> int:
    """Write or check the lock files."""
    parser = argparse.ArgumentParser(prog="python -m hack.lock_files", description=__doc__)
    parser.add_argument("verb", choices=("write", "check"))
    if parser.parse_args().verb == "write":
        _write()
        return 0
    return _check()


if __name__ == "__main__":
    sys.exit(main())
