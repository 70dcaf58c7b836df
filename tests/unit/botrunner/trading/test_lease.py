"""I1: whoever sends holds the lease, until the venue can no longer execute what was sent."""

from hypothesis import given
from hypothesis import strategies as st

from botrunner.trading.lease import (
    CLOCK_SKEW,
    RECV_WINDOW,
    RENEW_EVERY,
    STOP_AFTER,
    TTL,
    SendPermit,
)

instants = st.floats(0, 10**7, allow_nan=False)


@given(instants, st.floats(0, 60), st.floats(0, 10))
def test_order_can_not_execute_once_the_lease_may_be_anothers(
    asked_at: float, passed: float, travel: float
) -> None:
    # The ledger's time to live began when the question arrived, never before it was asked.
    sent_at = asked_at + passed
    if SendPermit(asked_at=asked_at).allows(sent_at):
        executes_by = sent_at + RECV_WINDOW + CLOCK_SKEW
        assert executes_by < asked_at + travel + TTL


@given(instants)
def test_missing_one_renewal_does_not_stop_the_bot(asked_at: float) -> None:
    assert SendPermit(asked_at=asked_at).allows(asked_at + 2 * RENEW_EVERY)
    assert not SendPermit(asked_at=asked_at).allows(asked_at + STOP_AFTER)
