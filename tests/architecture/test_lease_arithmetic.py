"""I1: a holder stops, and its last order dies at the venue, before the lease can go to another."""

import re

from botcore.ledger.migrate import load_migrations
from botrunner.trading.lease import (
    CLOCK_SKEW,
    RECV_WINDOW,
    RENEW_EVERY,
    STOP_AFTER,
    TTL,
    SendPermit,
)


def test_last_order_is_dead_before_the_lease_expires() -> None:
    assert STOP_AFTER + RECV_WINDOW + CLOCK_SKEW < TTL


def test_holder_has_several_tries_to_renew_before_it_stops() -> None:
    assert RENEW_EVERY * 3 < STOP_AFTER


def test_ledger_and_runner_know_the_same_time_to_live() -> None:
    schema = "\n".join(migration.sql for migration in load_migrations())
    seconds = set(re.findall(r"clock_timestamp\(\) \+ interval '(\d+) seconds'", schema))

    assert seconds == {str(TTL)}


def test_permit_counts_from_the_question_not_the_answer() -> None:
    permit = SendPermit(asked_at=100.0)

    assert permit.allows(100.0 + STOP_AFTER - 0.001)
    assert not permit.allows(100.0 + STOP_AFTER)
