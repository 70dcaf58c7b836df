"""A pod's one process: its sign of life."""

import asyncio
from pathlib import Path

import pytest

from botrunner import process


async def test_sign_of_life_is_given_only_while_work_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_MARK_EVERY", 0.01)
    mark, moving = tmp_path / "alive", [False]

    task = asyncio.create_task(process.mark_alive(tmp_path, lambda: moving[0]))
    await asyncio.sleep(0.05)
    assert not mark.exists()
    moving[0] = True
    await asyncio.sleep(0.05)
    first = mark.stat().st_mtime_ns
    await asyncio.sleep(0.05)
    assert mark.stat().st_mtime_ns > first
    moving[0] = False
    await asyncio.sleep(0.03)
    last = mark.stat().st_mtime_ns
    await asyncio.sleep(0.05)
    assert mark.stat().st_mtime_ns == last
    task.cancel()
