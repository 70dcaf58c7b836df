"""The library is imported without what its synchronous client needs, and nobody else notices."""

import subprocess
import sys

CHECK = """
import sys
import botrunner.adapters.binance_venue
assert not {"requests", "dateparser", "pandas", "numpy"} & set(sys.modules), "loaded"
import requests, dateparser
assert requests.Session().headers and dateparser.parse("1 day ago")
"""


def test_unused_packages_stay_out_of_memory_and_importable() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHECK], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
