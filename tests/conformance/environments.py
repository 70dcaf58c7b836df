"""One environment per client, made from its lock file; nothing of one client meets another's versions."""

import hashlib
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "lock", "python_of"]

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "requirements" / "conformance"
PLACE = ROOT / ".venv" / "conformance"
# Clients that need a newer Python than our own least one.
_NEWER = {"nautilus": "3.12"}
_UV = Path(sys.executable).with_name("uv")
_LOCK_OPTIONS = (
    "--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate",
    "--no-emit-index-url", "--no-emit-find-links",
)  # fmt: skip


def python_of(name):
    """Give the interpreter of an environment; it is made again when its lock file changed."""
    folder, wanted = PLACE / name, LOCKS / f"{name}.txt"
    _check_pins(wanted)
    digest = hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()
    stamp, python = folder / "lock.sha256", folder / "bin" / "python"
    if stamp.exists() and stamp.read_text() == digest:
        return python
    base = [_UV, "--quiet"]
    interpreter = f">={_NEWER[name]}" if name in _NEWER else sys.executable
    _run([*base, "venv", "--clear", "--no-python-downloads", "--python", interpreter, folder])
    _run([*base, "pip", "install", "--python", python, "--require-hashes", "-r", wanted])
    stamp.write_text(digest)
    return python


def lock():
    """Pin every client's dependencies anew, with hashes."""
    for wanted in sorted(LOCKS.glob("*.in")):
        python = ["--python-version", _NEWER.get(wanted.stem, "3.11")]
        output = ["-o", wanted.with_suffix(".txt")]
        _run([_UV, "pip", "compile", *_LOCK_OPTIONS, *python, wanted, *output])


def _check_pins(locked):
    """Refuse a lock file that lacks what was asked for."""
    pins = locked.with_suffix(".in").read_text().split()
    text = locked.read_text().replace("_", "-")
    if missing := [pin for pin in pins if f"{pin.replace('_', '-')} " not in text]:
        raise ValueError(f"{locked.name} lacks {missing}: run `python -m tests.conformance lock`")


def _run(command):
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
