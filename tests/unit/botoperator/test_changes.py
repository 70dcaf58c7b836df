"""What the plan writes, and that it writes nothing twice (I6)."""

from hypothesis import given
from hypothesis import strategies as st

from botoperator.plan.changes import Create, Delete, Keep, Patch, Wait, plan_changes, writes
from botoperator.plan.manifests import CONFIG_HASH, Kind, Manifest
from tests.unit.botoperator.builders import a_bot, a_key, applied, children_of

OTHER_UID = "99999999-9999-4999-8999-999999999999"

bots = st.builds(
    lambda uid, state, amount, generation: a_bot(
        uid=uid, desiredState=state, generation=generation, quoteAsset="USDT",
        paper={"balances": {"USDT": str(amount)}},
    ),
    st.sampled_from([OTHER_UID, "11111111-1111-4111-8111-111111111111"]),
    st.sampled_from(["Running", "Paused", "Flat"]),
    st.integers(1, 3),
    st.integers(1, 3),
)  # fmt: skip
renderings = st.builds(
    lambda bot, version, image: children_of(bot, a_key(version=version), image),
    bots,
    st.sampled_from(["paper-1", "paper-2"]),
    st.sampled_from(["kbots/botrunner:1", "kbots/botrunner:2"]),
)


def test_nothing_there_creates_all_three_with_the_pod_last() -> None:
    changes = plan_changes(children_of(a_bot()), ())

    assert [(type(one), one.manifest.kind) for one in changes] == [
        (Create, Kind.SECRET),
        (Create, Kind.CONFIG_MAP),
        (Create, Kind.POD),
    ]


def test_unchanged_bot_keeps_everything() -> None:
    children = children_of(a_bot())

    changes = plan_changes(children, children)

    assert {type(one) for one in changes} == {Keep}
    assert writes(changes) == ()


def test_changed_spec_patches_the_config_and_nudges_the_pod() -> None:
    before, after = children_of(a_bot()), children_of(a_bot(desiredState="Paused", generation=2))

    changes = writes(plan_changes(after, before))

    assert [(type(one), one.manifest.kind, one.reason) for one in changes] == [
        (Patch, Kind.CONFIG_MAP, "DataChanged"),
        (Patch, Kind.POD, "AnnotationsChanged"),
    ]
    assert changes[1].manifest.annotations[CONFIG_HASH] != before[2].annotations[CONFIG_HASH]


def test_changed_image_ends_the_pod_and_writes_nothing_under_its_feet() -> None:
    before = children_of(a_bot())
    after = children_of(a_bot(desiredState="Paused"), image="kbots/botrunner:2")

    changes = plan_changes(after, before)

    assert [type(one) for one in changes] == [Keep, Wait, Delete]


def test_children_of_an_earlier_bot_of_the_same_name_go_before_a_pod_is_made() -> None:
    left_over = children_of(a_bot(uid=OTHER_UID))[:2]

    changes = plan_changes(children_of(a_bot()), left_over)

    assert [(type(one), one.reason) for one in changes] == [
        (Delete, "OfAnotherBot"),
        (Delete, "OfAnotherBot"),
        (Wait, "ChildrenMustGoFirst"),
    ]


def test_hand_made_change_is_put_right() -> None:
    secret, config_map, pod = children_of(a_bot())
    edited = config_map.with_data({"bot.json": "{}"})

    (change,) = writes(plan_changes((secret, config_map, pod), (secret, edited, pod)))

    assert isinstance(change, Patch)
    assert change.manifest == config_map


def test_secret_never_shows_in_text() -> None:
    for child in children_of(a_bot()):
        assert "the-api-secret" not in repr(child)
        assert "the-api-secret" not in str(Create(manifest=child, reason="Missing"))


@given(wanted=renderings, there=renderings, parts=st.sets(st.integers(0, 2)))
def test_every_start_settles_and_then_writes_nothing(
    wanted: tuple[Manifest, ...], there: tuple[Manifest, ...], parts: set[int]
) -> None:
    observed = tuple(there[index] for index in sorted(parts))

    for _ in range(3):
        observed, _ = applied(wanted, observed)
    settled, written = applied(wanted, observed)

    assert written == 0
    assert settled == observed
    for one in wanted:
        (found,) = [other for other in observed if other.kind is one.kind]
        assert found.data == one.data
        assert found.owner_uid == one.owner_uid
        assert one.annotations.items() <= found.annotations.items()
