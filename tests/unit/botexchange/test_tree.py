"""Parts of the synthetic market add up to the whole, whatever the whole is."""

from hypothesis import given, settings
from hypothesis import strategies as st

from botexchange.market.minute import minute_quotes, minute_trades
from botexchange.market.tree import Node, draws, split

nodes = st.builds(
    lambda low, parts, volume, share: Node(
        low + parts[0],
        low + sum(parts),
        low,
        low + parts[1],
        volume,
        volume // 3 + share % (volume // 3),
    ),
    st.integers(1, 10**9),
    st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)),
    st.integers(2_000, 10**12),
    st.integers(0, 10**12),
)


@settings(deadline=None)
@given(nodes, st.sampled_from([3, 4, 5, 6]), st.integers(0, 1_000))
def test_a_split_node_adds_up_to_itself(node, parts, key):
    children = split(node, parts, draws(1, "key", key))

    assert len(children) == parts
    assert (children[0].open, children[-1].close) == (node.open, node.close)
    assert max(child.high for child in children) == node.high
    assert min(child.low for child in children) == node.low
    assert sum(child.volume for child in children) == node.volume
    assert sum(child.taker for child in children) == node.taker
    for child in children:
        assert child.low <= min(child.open, child.close)
        assert child.high >= max(child.open, child.close)
        assert -parts <= child.taker <= child.volume + parts


@settings(deadline=None)
@given(nodes, st.integers(0, 1_000))
def test_a_minute_is_the_sum_of_its_trades(node, key):
    trades = minute_trades(node, draws(1, "minute", key))

    prices = [one.price for one in trades]
    bought = [one for one in trades if not one.is_buyer_maker]
    assert len(trades) == 60
    assert (prices[0], max(prices), min(prices), prices[-1]) == node[:4]
    assert sum(one.quantity for one in trades) == node.volume
    assert sum(one.quantity for one in bought) == node.taker
    assert min(one.quantity for one in trades) >= 1
    assert minute_quotes(node) == (
        sum(one.price * one.quantity for one in trades),
        sum(one.price * one.quantity for one in bought),
    )
