"""One environment per client, made from its lock file; nothing of one client meets another's versions."""

import hashlib
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "lock", "python_of"]

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "requirements" / "conformance"
PLACE = ROOT / ".venv" / "conformance"
_UV = Path(sys.executable).with_name("uv")
_LOCK_OPTIONS = (
    "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate",
    "--no-emit-index-url", "--no-emit-find-links",
)  # fmt: skip


def python_of(name):
    """Give the interpreter of an environment; it is made again when its lock file changed."""
    folder, wanted = PLACE / name, LOCKS / f"{name}.txt"
    digest = hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()
    stamp, python = folder / "lock.sha256", folder / "bin" / "python"
    if stamp.exists() and stamp.read_text() == digest:
        return python
    base = [_UV, "--quiet"]
    _run([*base, "venv", "--clear", "--python", sys.executable, folder])
    _run([*base, "pip", "install", "--python", python, "--require-hashes", "-r", wanted])
    stamp.write_text(digest)
    return python


def lock():
    """Pin every client's dependencies anew, with hashes."""
    for wanted in sorted(LOCKS.glob("*.in")):
        output = ["-o", wanted.with_suffix(".txt")]
        _run([_UV, "pip", "compile", *_LOCK_OPTIONS, wanted, *output])


def _run(command):
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
