"""The command line as people use it: words, columns, exit codes."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.operator.platform import Platform, a_bot
from tests.support.waiting import wait_until

pytestmark = pytest.mark.postgres

GHOST = 'Error from server (NotFound): tradingbots.kbots.dev "ghost" not found\n'


def applied(platform: Platform, manifest: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    return platform.kbots("apply", "-f", "-", text=yaml.safe_dump(manifest))


def test_apply_says_created_configured_or_unchanged(platform: Platform) -> None:
    words = [applied(platform, bot) for bot in (a_bot(), a_bot(), a_bot(desiredState="Paused"))]

    assert [one.stdout for one in words] == [
        "tradingbot.kbots.dev/alice created\n",
        "tradingbot.kbots.dev/alice unchanged\n",
        "tradingbot.kbots.dev/alice configured\n",
    ]
    assert platform.bot()["generation"] == 2


def test_apply_refuses_in_the_words_of_the_api_server(platform: Platform) -> None:
    bot = a_bot()
    bot["spec"]["strategies"][0]["params"] = {}
    applied(platform, a_bot())

    missing = applied(platform, bot)
    owner = applied(platform, a_bot(owner="bob"))
    unknown = applied(platform, a_bot(desiredStat="Paused"))

    subject = 'TradingBot.kbots.dev "alice" is invalid: '
    assert missing.stderr == (
        f"{subject}spec.strategies[0].params: Required value: dca needs amount\n"
    )
    assert owner.stderr == f'{subject}spec.owner: Invalid value: "string": owner is immutable\n'
    assert 'unknown field, did you mean "desiredState"?' in unknown.stderr
    assert {one.returncode for one in (missing, owner, unknown)} == {1}
    assert platform.bot()["generation"] == 1


def test_apply_takes_several_documents_and_merges_labels(
    platform: Platform, tmp_path: Path
) -> None:
    first, second = a_bot(), a_bot("bob")
    first["metadata"]["labels"] = {"team": "one"}
    file = tmp_path / "bots.yaml"
    file.write_text(yaml.safe_dump_all([first, second]))
    platform.kbots("apply", "-f", str(file))
    first["metadata"]["labels"] = {"tier": "two"}
    applied(platform, first)

    shown = yaml.safe_load(platform.kbots("get", "tb", "alice", "-o", "yaml").stdout)

    assert shown["metadata"]["labels"] == {"team": "one", "tier": "two"}
    assert shown["spec"]["strategies"][0]["capital"] == "500"
    assert platform.bot("bob") != {}


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("apply", "-f", "/nowhere.yaml"), "error: /nowhere.yaml: No such file or directory\n"),
        (("get", "tb", "ghost"), GHOST),
        (("describe", "tb", "ghost"), GHOST),
        (("delete", "tb", "ghost"), GHOST),
        (("halt", "ghost", "--reason", "x"), GHOST),
    ],
)
def test_refusals_end_with_one_and_say_why(
    platform: Platform, words: tuple[str, ...], text: str
) -> None:
    done = platform.kbots(*words)

    assert (done.returncode, done.stderr) == (1, text)


def test_wrong_usage_ends_with_one(platform: Platform) -> None:
    done = platform.kbots("get", "pods")

    assert done.returncode == 1
    assert 'the server doesn\'t have a resource type "pods"' in done.stderr


def test_folder_without_a_platform_is_named(platform: Platform, tmp_path: Path) -> None:
    (platform.data / "kbots.json").unlink()

    done = platform.kbots("get", "tb")

    assert done.returncode == 1
    assert "kbots.json: is not there; start the platform" in done.stderr


def test_get_shows_the_columns_of_the_custom_resource(platform: Platform) -> None:
    empty = platform.kbots("get", "tb")
    platform.start()
    platform.apply(a_bot())
    platform.wait_running()

    plain = platform.kbots("get", "tb").stdout.splitlines()
    wide = platform.kbots("get", "tradingbots", "-A", "-o", "wide").stdout.splitlines()

    assert empty.stdout == "No resources found in kbots-bots namespace.\n"
    assert plain[0].split() == [
        "NAME", "STATE", "MODE", "PHASE", "READY", "EQUITY", "TODAY", "POSITIONS", "AGE",
    ]  # fmt: skip
    assert re.fullmatch(r"alice +Running +paper +Running +True +\d+s", plain[1])
    assert wide[0].split()[0] == "NAMESPACE"
    assert wide[1].split()[-2:] == ["alice", "Running"]


def test_get_json_lists_whole_objects(platform: Platform) -> None:
    applied(platform, a_bot())

    (item,) = json.loads(platform.kbots("get", "tb", "-o", "json").stdout)["items"]

    assert item["metadata"]["name"] == "alice"
    assert item["metadata"]["resourceVersion"].isdecimal()
    assert item["spec"]["updateStrategy"] == {"type": "Live"}


def test_watch_shows_every_change(platform: Platform) -> None:
    applied(platform, a_bot())
    command = [sys.executable, "-m", "botoperator.cli.main", "--data", str(platform.data)]
    watching = subprocess.Popen([*command, "get", "tb", "-w"], stdout=subprocess.PIPE, text=True)
    try:
        assert watching.stdout is not None
        watching.stdout.readline()
        first = watching.stdout.readline()
        wait_until(lambda: _is_listening(platform), "it listens")

        platform.apply(a_bot(desiredState="Paused"))

        assert first.split()[:2] == ["alice", "Running"]
        assert watching.stdout.readline().split()[:2] == ["alice", "Paused"]
    finally:
        watching.kill()
        watching.communicate()


def _is_listening(platform: Platform) -> bool:
    return bool(
        platform.database.rows(
            "select 1 from pg_stat_activity where datname = current_database()"
            " and application_name = 'kbots-cli' and query ilike 'listen%%' and state = 'idle'"
        )
    )


def test_describe_shows_conditions_and_halts(platform: Platform) -> None:
    platform.start()
    platform.apply(a_bot())
    platform.wait_running()
    platform.kbots("halt", "tb/alice", "--reason", "let me look")
    platform.wait_for("Halted", "True", "BotHalted")

    text = platform.kbots("describe", "tb", "alice").stdout

    assert re.search(r"^Name: +alice$", text, re.MULTILINE)
    assert re.search(r"Halted +True +BotHalted +let me look", text)
    assert "bot: let me look (by cli:" in text
    assert re.search(r"dca +dca +BTCUSDT +1m +500", text)


def test_halt_and_clear_work_on_a_bot_an_owner_and_all(platform: Platform) -> None:
    applied(platform, a_bot())
    said = [
        platform.kbots(*words).stdout.strip()
        for words in (
            ("halt", "alice", "--reason", "a"),
            ("halt", "alice", "--reason", "again"),
            ("halt", "--owner", "alice", "--reason", "b"),
            ("halt", "--all", "--reason", "c"),
            ("clear-halt", "alice"),
            ("resume-halt", "--owner", "alice"),
            ("clear-halt", "--all"),
            ("clear-halt", "--all"),
        )
    ]

    assert said == [
        "tradingbot.kbots.dev/alice halted",
        "tradingbot.kbots.dev/alice was halted already",
        "owner/alice halted",
        "all bots halted",
        "tradingbot.kbots.dev/alice halt cleared",
        "owner/alice halt cleared",
        "all bots halt cleared",
        "all bots was not halted",
    ]
    rows = platform.database.rows(
        "select scope, reason, cleared_at is not null from kbots.halts order by id"
    )
    assert rows == [("bot", "a", True), ("owner", "b", True), ("all", "c", True)]


def test_logs_shows_what_the_bot_wrote(platform: Platform) -> None:
    missing = platform.kbots("logs", "alice")
    folder = platform.data / "logs"
    folder.mkdir()
    (folder / "tb-alice.log").write_text("one\ntwo\nthree\n")

    shown = platform.kbots("logs", "alice", "--tail", "2")

    assert missing.returncode == 1
    assert "the bot has not run yet" in missing.stderr
    assert shown.stdout == "two\nthree\n"
