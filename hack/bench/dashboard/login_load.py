"""People who sign in all at once, as a process of their own: rounds of real forms, a connection for each."""

import http.client
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

__all__ = ["main", "post_form"]


def main() -> None:
    """Read the plan, sign in, print how it went."""
    plan = json.load(sys.stdin)
    taken, wrong = list[float](), 0
    with ThreadPoolExecutor(len(plan["names"])) as pool:
        for _ in range(plan["rounds"]):
            for status, seconds in pool.map(lambda name: _sign_in(plan, name), plan["names"]):
                taken.append(seconds)
                wrong += status != http.HTTPStatus.SEE_OTHER
    taken.sort()
    print(json.dumps({"logins": len(taken), "wrong": wrong, "slowest_seconds": taken[-1]}))


def _sign_in(plan: dict[str, Any], name: str) -> tuple[int, float]:
    began = time.monotonic()
    status = post_form(plan["port"], "/login", {"name": name, "password": plan["password"]})
    return status, time.monotonic() - began


def post_form(port: int, path: str, fields: dict[str, str]) -> int:
    """Send a form as a browser on this host would, and give the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {
        "Origin": f"http://127.0.0.1:{port}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        connection.request("POST", path, urlencode(fields), headers)
        return connection.getresponse().status
    finally:
        connection.close()


if __name__ == "__main__":
    main()
