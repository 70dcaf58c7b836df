"""Two people change one bot."""

from copy import deepcopy

from hypothesis import given
from hypothesis import strategies as st

from botdashboard.views.merge import apply_on_top, differences, merge_patch
from tests.support.manifests import a_bot, a_dca


def a_spec():
    return a_bot("trend", owner="alice")["spec"]


def test_nothing_changed_is_no_difference():
    assert differences(a_spec(), a_spec(), a_spec()) == ()


def test_difference_shows_both_values():
    base, mine, theirs = a_spec(), a_spec(), a_spec()
    mine["strategies"][0]["params"]["fast"] = 5
    theirs["strategies"][0]["params"]["fast"] = 7

    found = differences(base, mine, theirs)

    assert [(one.field, one.yours, one.theirs) for one in found] == [
        ("strategies.trend.params.fast", "5", "7")
    ]


def test_my_change_on_top_keeps_what_the_other_changed_elsewhere():
    base, mine, theirs = a_spec(), a_spec(), a_spec()
    mine["strategies"][0]["params"]["fast"] = 5
    theirs["risk"]["maxOpenOrders"] = 9
    theirs["desiredState"] = "Paused"

    merged = apply_on_top(base, mine, theirs)

    expected = deepcopy(theirs)
    expected["strategies"][0]["params"]["fast"] = 5
    assert merged == expected


def test_field_i_emptied_stays_empty():
    base, mine, theirs = a_spec(), a_spec(), a_spec()
    del mine["risk"]["maxOpenOrders"]
    theirs["risk"]["maxPositionNotional"] = "1"

    merged = apply_on_top(base, mine, theirs)

    assert "maxOpenOrders" not in merged["risk"]
    assert merged["risk"]["maxPositionNotional"] == "1"


def test_strategies_go_by_name_and_not_by_place():
    base, mine, theirs = a_spec(), a_spec(), a_spec()
    mine["strategies"][1]["params"]["amount"] = "30"
    theirs["strategies"].reverse()

    merged = apply_on_top(base, mine, theirs)

    assert [one["name"] for one in merged["strategies"]] == ["savings", "trend"]
    assert merged["strategies"][0]["params"]["amount"] == "30"


def test_strategy_the_other_removed_stays_removed():
    base, mine, theirs = a_spec(), a_spec(), a_spec()
    mine["strategies"][1]["params"]["amount"] = "30"
    del theirs["strategies"][1]

    assert [one["name"] for one in apply_on_top(base, mine, theirs)["strategies"]] == ["trend"]


def test_strategy_i_added_comes_along():
    base, mine, theirs = a_spec(), a_spec(), a_spec()
    mine["strategies"].append(a_dca("BNBUSDT", name="third"))
    theirs["desiredState"] = "Paused"

    merged = apply_on_top(base, mine, theirs)

    assert merged["strategies"][2] == a_dca("BNBUSDT", name="third")


VALUES = st.recursive(
    st.integers(0, 2) | st.sampled_from(["", "a"]) | st.lists(st.integers(0, 2), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
TREES = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


def patched(target, patch):
    """Apply a patch as RFC 7386 writes it down."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = patched(result.get(name), value)
    return result


@given(TREES, TREES)
def test_merge_patch_makes_the_new_of_the_old(old, new):
    assert patched(old, merge_patch(old, new)) == new


@given(TREES)
def test_merge_patch_of_the_same_is_empty(tree):
    assert merge_patch(tree, deepcopy(tree)) == {}


def test_merge_patch_names_only_what_differs():
    old, new = a_spec(), a_spec()
    old["risk"] = {"maxOpenOrders": 3, "maxDailyLoss": "50"}
    new["risk"] = {"maxOpenOrders": 4}
    new["strategies"] = new["strategies"][:1]

    assert merge_patch(old, new) == {
        "risk": {"maxOpenOrders": 4, "maxDailyLoss": None},
        "strategies": new["strategies"],
    }
