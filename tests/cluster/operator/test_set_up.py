"""The platform's Secrets on a real API server: made once, kept for ever."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from botcore.domain.errors import InvalidInput
from botcore.sealing.keyring import load_keyring
from botoperator.adapters.kube_client import KubeClient
from botoperator.adapters.kube_secrets import KubeSecrets
from botoperator.plan.manifests import decode_data
from botoperator.services.set_up import SetUp, SetUpNames
from tests.cluster.operator.api import Api

NAMES = ("kbots-postgres", "kbots-database", "kbots-exchange", "kbots-sealing", "kbots-dashboard")


def set_up(client: KubeClient, api: Api) -> SetUp:
    names = SetUpNames(system=api.namespace, web=api.namespace)
    return SetUp(KubeSecrets(client), names)


def data(api: Api, name: str) -> Mapping[str, str]:
    stored = api.get("secrets", name)
    assert stored is not None
    return decode_data(stored["data"])


async def test_second_run_changes_nothing(
    client: KubeClient, api: Api, capfd: pytest.CaptureFixture[str]
) -> None:
    await set_up(client, api).run()
    made = {name: api.get("secrets", name) for name in NAMES}

    await set_up(client, api).run()

    assert {name: api.get("secrets", name) for name in NAMES} == made
    said = "".join(capfd.readouterr())
    values = [value.strip() for name in NAMES for value in data(api, name).values()]
    assert [value for value in values if value in said] == []


async def test_programs_understand_what_was_made(
    client: KubeClient, api: Api, tmp_path: Path
) -> None:
    await set_up(client, api).run()

    database, dashboard = data(api, "kbots-database"), data(api, "kbots-dashboard")
    for name, text in data(api, "kbots-sealing").items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o400)

    assert set(database) == {"kbots_operator", "kbots_dashboard", "kbots_admin"}
    assert len({*database.values(), data(api, "kbots-exchange")["database-password"]}) == 4
    assert dashboard["database-password"] == database["kbots_dashboard"]
    assert len(dashboard["password-pepper"].strip()) == 64
    assert len(load_keyring(tmp_path).kids) == 1
    assert (tmp_path / "installation-id").read_text()


@pytest.mark.parametrize("missing", NAMES)
async def test_run_that_was_cut_short_is_finished_by_the_next(
    client: KubeClient, api: Api, missing: str
) -> None:
    await set_up(client, api).run()
    kept = {name: api.get("secrets", name) for name in NAMES if name != missing}
    # As if the first run had died before it; the database's password still matches.
    if missing == "kbots-database":
        api.delete("secrets", "kbots-dashboard")
        kept.pop("kbots-dashboard")
    api.delete("secrets", missing)

    await set_up(client, api).run()

    assert {name: api.get("secrets", name) for name in kept} == kept
    assert (
        data(api, "kbots-dashboard")["database-password"]
        == data(api, "kbots-database")["kbots_dashboard"]
    )


async def test_foreign_secret_of_the_name_is_refused_with_the_fix(
    client: KubeClient, api: Api
) -> None:
    api.create("secrets", {"metadata": {"name": "kbots-postgres"}, "data": {"other": "eA=="}})

    with pytest.raises(InvalidInput, match="lacks postgres-password"):
        await set_up(client, api).run()


async def test_password_that_differs_between_the_copies_is_refused_with_the_fix(
    client: KubeClient, api: Api
) -> None:
    await set_up(client, api).run()
    api.delete("secrets", "kbots-database")

    with pytest.raises(InvalidInput, match="leave password-pepper"):
        await set_up(client, api).run()
