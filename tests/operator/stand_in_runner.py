"""A botrunner that does not trade: it keeps the pod's contract (files, lock, lease, heartbeat, endings) and no more."""

import fcntl
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg

CONFIG = Path(os.environ["KBOTS_RUNNER_CONFIG_DIR"]) / "bot.json"  # noqa: TID251 the pod's contract
CREDENTIALS = Path(os.environ["KBOTS_RUNNER_CREDENTIALS_DIR"])  # noqa: TID251 the pod's contract
STATE = Path(os.environ["KBOTS_RUNNER_STATE_DIR"])  # noqa: TID251 the pod's contract
REPORT = Path(os.environ["KBOTS_RUNNER_TERMINATION_LOG"])  # noqa: TID251 the pod's contract
POD_UID = os.environ["KBOTS_RUNNER_POD_UID"]  # noqa: TID251 the pod's contract
BEAT_SECONDS = 1.0
PERMISSIONS = {"enableReading": True, "enableWithdrawals": False}


def end(reason: str, message: str = "", **more: object) -> None:
    REPORT.write_text(json.dumps({"reason": reason, "message": message, **more}))
    sys.exit(0)


def verify_key() -> None:
    key = (CREDENTIALS / "api-key").read_text()
    platform = STATE.parent.parent
    while (platform / "slow").exists():
        time.sleep(0.05)
    if key.startswith("bad") or (platform / "withdrawals").exists():
        end("KeyRejected", "withdrawals are enabled", permissions={"enableWithdrawals": True})
    told = PERMISSIONS | ({"ipRestrict": False} if (platform / "unrestricted").exists() else {})
    end("KeyVerified", "checked", accountUid=f"uid-{key.partition('-')[0]}", permissions=told)


class Runner:
    def __init__(self, lock: int) -> None:
        self.lock = lock
        self.is_asked_to_end = False
        config = self.config()
        self.database = psycopg.connect(
            **config["database"],
            password=(CREDENTIALS / "database-password").read_text(),
            autocommit=True,
        )
        signal.signal(signal.SIGTERM, self._on_sigterm)

    def config(self) -> dict[str, Any]:
        return dict(json.loads(CONFIG.read_text()))

    def run(self) -> None:
        config = self.config()
        self.beat("Starting", config["generation"], 0)
        epoch = self.acquire()
        while not self.is_asked_to_end:
            config = self.config()
            state = config["spec"]["desiredState"]
            if (CREDENTIALS / "api-key").read_text() == "rejected":
                end("KeyRejected", "the exchange refused the key")
            if state == "Stopped" and not (STATE.parent.parent / "deaf").exists():
                self.release(epoch)
                end("Stopped", "as wanted")
            self.database.execute("select * from kbots.renew_lease(%s, %s)", [POD_UID, epoch])
            self.beat(state if state != "Stopped" else "Stopping", config["generation"], epoch)
            self.wait_for_change(config)
        self.release(epoch)
        end("Terminated")

    def wait_for_change(self, config: dict[str, Any]) -> None:
        until = time.monotonic() + BEAT_SECONDS
        while time.monotonic() < until and not self.is_asked_to_end and self.config() == config:
            time.sleep(0.02)

    def acquire(self) -> int:
        while True:
            row = self.database.execute("select kbots.acquire_lease(%s)", [POD_UID]).fetchone()
            if row and row[0] is not None:
                return int(row[0])
            time.sleep(0.1)

    def release(self, epoch: int) -> None:
        self.database.execute("select kbots.release_lease(%s, %s)", [POD_UID, epoch])

    def beat(self, state: str, generation: int, epoch: int) -> None:
        self.database.execute(
            "insert into kbots.heartbeats (state, generation, epoch, pid) values (%s, %s, %s, %s)"
            " on conflict (bot_uid) do update set state = excluded.state, book_id = excluded.book_id,"
            " generation = excluded.generation, epoch = excluded.epoch, pid = excluded.pid, at = now()",
            [state, generation, epoch, os.getpid()],
        )

    def _on_sigterm(self, _number: int, _frame: FrameType | None) -> None:
        self.is_asked_to_end = True


def main() -> None:
    if sys.argv[1] == "verify-key":
        verify_key()
    if (STATE.parent.parent / "broken").exists():
        sys.exit("stand-in: broken as asked")
    lock = os.open(STATE / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    Runner(lock).run()


if __name__ == "__main__":
    main()
