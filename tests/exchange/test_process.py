"""The process: start, stop, refusals."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.e2e
RUN = [sys.executable, "-c", "import sys; from botexchange.main import main; sys.exit(main())"]


def refused(*options):
    """Run to the end; give the single line of the refusal."""
    done = subprocess.run([*RUN, *options], capture_output=True, text=True, timeout=15, check=False)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.splitlines()
    return line


def test_wrong_settings_end_with_one_line(tmp_path):
    data = f"--data={tmp_path}"
    bad = tmp_path / "BTCUSDT-1h.csv"
    bad.write_text("time,open,high,low,close,volume\n1,2,3,4,5,6\n", encoding="utf-8")

    assert "--speed" in refused("paper", data, "--speed=0")
    assert "line 2, column high" in refused("paper", data, "--source=replay", f"--csv={bad}")
    assert "nowhere.csv" in refused("paper", data, "--source=replay", "--csv=nowhere.csv")


def test_stop_is_quick_and_clean_with_open_connections(run_exchange, tmp_path):
    server = run_exchange("--seed=7")
    data = f"--data={tmp_path / 'data'}"
    assert "can't be opened" in refused("paper", data, "--port=0", "--admin-port=0")
    port = f"--port={server.port}"
    other = f"--data={tmp_path / 'other'}"
    assert f"can't listen on 127.0.0.1:{server.port}" in refused("paper", other, port)

    code, seconds = server.stop()

    assert code == 0
    assert seconds < 2
    assert not any('"error"' in line for line in server.lines)
    assert "--data: holds another market" in refused("paper", data, "--seed=8")
