"""`botrunner verify-key` as the operator's pod runs it, against the real exchange."""

import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.support.lone_runner import LoneExchange

pytestmark = pytest.mark.e2e


def a_broken_package(folder: Path) -> Path:
    """Lay out an installed strategy that ends every process that imports it."""
    told = folder / "broken_strategy-1.0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-strategy\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[kbots.strategies]\nbroken = broken_strategy\n")
    (folder / "broken_strategy.py").write_text("raise SystemExit('imported')\n")
    return folder


def test_key_is_checked_whatever_strategies_are_installed(
    tmp_path: Path, market: LoneExchange
) -> None:
    account = market.account("kbots-bots/checked", {"USDT": "1"})
    base = f"127.0.0.1:{market.port}"
    venue = {
        "name": "binance", "environment": "paper", "restUrl": f"http://{base}",
        "wsApiUrl": f"ws://{base}/ws-api/v3", "streamUrl": f"ws://{base}",
    }  # fmt: skip
    bot = {"uid": str(uuid.uuid4()), "namespace": "kbots-bots", "name": "checked", "owner": "alice"}
    files = {"bot.json": json.dumps({"bot": bot, "venue": venue})}
    files |= {"api-key": account["apiKey"], "api-secret": account["apiSecret"]}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    environment = {
        "KBOTS_RUNNER_CONFIG_DIR": str(tmp_path),
        "KBOTS_RUNNER_CREDENTIALS_DIR": str(tmp_path),
        "KBOTS_RUNNER_STATE_DIR": str(tmp_path),
        "KBOTS_RUNNER_TERMINATION_LOG": str(tmp_path / "termination-log"),
        "KBOTS_RUNNER_POD_UID": str(uuid.uuid4()),
        "PYTHONPATH": str(a_broken_package(tmp_path / "packages")),
    }
    command = [str(Path(sys.executable).with_name("botrunner")), "verify-key"]

    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 0, ended.stderr
    told = json.loads((tmp_path / "termination-log").read_text())
    assert (told["reason"], told["accountUid"]) == ("KeyVerified", str(account["uid"]))
