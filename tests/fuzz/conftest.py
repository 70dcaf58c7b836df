"""One exchange for the fuzzers of its ports, with accounts to trade on and a bystander nobody may touch."""

import pytest

from tests.exchange.server import Server
from tests.fuzz.target import Target


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """Give a running exchange; whatever was sent to it, its books must be sound at the end."""
    server = Server(tmp_path_factory.mktemp("fuzzed"), "--seed=7")
    try:
        found = Target(server)
        yield found
        found.check_books()
    finally:
        server.kill()
