from botcore.resources.names import ChildNames, child_names


def test_children_are_named_after_the_bot():
    assert child_names("alice") == ChildNames(
        pod="tb-alice",
        secret="tb-alice-creds",
        config_map="tb-alice-cfg",
        successor="tb2-alice",
    )


def test_longest_names_fit_kubernetes():
    names = child_names("a" * 50)

    assert max(map(len, (names.pod, names.secret, names.config_map, names.successor or ""))) <= 63
