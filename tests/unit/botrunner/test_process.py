"""A pod's one process."""

import os
from pathlib import Path

import pytest

from botcore.domain.errors import NotAllowed
from botrunner.process import hold_lock


def test_second_process_of_a_pod_does_not_start(tmp_path: Path) -> None:
    held = hold_lock(tmp_path)

    with pytest.raises(NotAllowed, match="another process of this pod"):
        hold_lock(tmp_path)
    os.close(held)
    os.close(hold_lock(tmp_path))
