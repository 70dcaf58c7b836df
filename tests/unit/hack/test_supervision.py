import configparser
import shlex
from pathlib import Path

from hack.standalone.supervision import Program


def section(program: Program) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    parser.read_string(program.section(Path("logs"), 100))
    return dict(parser[f"program:{program.name}"])


def test_command_survives_spaces_quotes_and_percent_signs() -> None:
    command = ("/opt/my programs/x", "--name", 'say "50%"')

    written = section(Program(name="x", command=command))["command"]

    assert tuple(shlex.split(written.replace("%%", "%"))) == command


def test_postgres_is_stopped_by_its_own_signal_and_user() -> None:
    program = Program(name="postgres", command=("postgres",), user="pg", stop_signal="INT")

    assert section(program)["stopsignal"] == "INT"
    assert section(program)["user"] == "pg"


def test_nothing_starts_by_itself_and_everything_is_restarted() -> None:
    written = section(Program(name="x", command=("x",)))

    assert written["autostart"] == "false"
    assert written["autorestart"] == "true"
