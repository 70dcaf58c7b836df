"""Waits after failed sign-ins."""

import pytest

from botdashboard.access.throttle import (
    FREE_FOR_NAME,
    network_of,
    next_count,
    seconds_to_wait,
)


# SEC-13
@pytest.mark.parametrize(
    ("failures", "wait"),
    [(0, 0), (5, 0), (6, 2), (7, 4), (10, 32), (14, 512), (15, 900), (500, 900)],
)
def test_wait_grows_from_the_sixth_failure_and_is_capped(failures, wait):
    assert seconds_to_wait(failures, 0.0, FREE_FOR_NAME) == wait


def test_wait_runs_down_with_time():
    assert seconds_to_wait(7, 1.5, FREE_FOR_NAME) == 2.5
    assert seconds_to_wait(7, 4.0, FREE_FOR_NAME) == 0


def test_nobody_is_locked_out_for_ever():
    assert seconds_to_wait(10_000, 3600.0, FREE_FOR_NAME) == 0
    assert next_count(10_000, 3600.0) == 1
    assert next_count(7, 10.0) == 8


# SEC-14
@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_holder_of_a_network_is_counted_once(address, network):
    assert network_of(address) == network
