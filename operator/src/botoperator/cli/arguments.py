"""The grammar of the command line."""

import argparse
import sys
from pathlib import Path
from typing import NoReturn

__all__ = ["NAMESPACE", "parse"]

NAMESPACE = "kbots-bots"
KINDS = ("tb", "tradingbot", "tradingbots")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"error: {message}\n")


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line; ends the program with 1 if it is not understood."""
    shared = _shared()
    parser = _Parser(prog="kbots", description="kubectl for one host without a cluster")
    parser.add_argument("--data", type=Path, help="folder of the platform (KBOTS_DATA, ./.data)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser("apply", parents=[shared], help="create or change bots")
    command.add_argument("-f", "--filename", action="append", required=True, help="file, or - ")

    command = commands.add_parser("get", parents=[shared], help="list bots")
    _add_target(command, is_name_optional=True)
    command.add_argument("-A", "--all-namespaces", action="store_true")
    command.add_argument("-o", "--output", choices=("wide", "yaml", "json"), default="")
    command.add_argument("-w", "--watch", action="store_true", help="go on with every change")

    command = commands.add_parser("describe", parents=[shared], help="show one bot in full")
    _add_target(command)

    command = commands.add_parser("delete", parents=[shared], help="stop a bot and remove it")
    _add_target(command)
    command.add_argument("--wait", action="store_true", help="until the bot is gone")
    command.add_argument("--timeout", type=float, default=900.0, help="seconds to wait")

    command = commands.add_parser("halt", parents=[shared], help="stop trading until cleared")
    _add_subject(command)
    command.add_argument("--reason", required=True)

    command = commands.add_parser(
        "clear-halt", aliases=["resume-halt"], parents=[shared], help="clear a halt"
    )
    _add_subject(command)

    command = commands.add_parser("logs", parents=[shared], help="show a bot's log")
    command.add_argument("name")
    command.add_argument("-f", "--follow", action="store_true")
    command.add_argument("--tail", type=int, default=200, help="lines")
    return _resolved(parser, parser.parse_args(words))


def _shared() -> _Parser:
    shared = _Parser(add_help=False)
    shared.add_argument("-n", "--namespace")
    shared.add_argument("--data", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return shared


def _add_target(command: argparse.ArgumentParser, *, is_name_optional: bool = False) -> None:
    command.add_argument("kind", metavar="tb", help="tb, or tb/NAME")
    command.add_argument("name", nargs="?", help="" if is_name_optional else "name of the bot")


def _add_subject(command: argparse.ArgumentParser) -> None:
    subject = command.add_mutually_exclusive_group(required=True)
    subject.add_argument("name", nargs="?", help="name of the bot")
    subject.add_argument("--owner", help="every bot of an owner")
    subject.add_argument("--all", action="store_true", help="every bot")


def _resolved(parser: argparse.ArgumentParser, given: argparse.Namespace) -> argparse.Namespace:
    if hasattr(given, "kind"):
        kind, slash, name = given.kind.partition("/")
        given.name = name if slash else given.name
        if kind not in KINDS:
            parser.error(f'the server doesn\'t have a resource type "{kind}"')
        if given.name is None and given.command != "get":
            parser.error("a name is required")
    elif getattr(given, "name", None):
        given.name = given.name.rpartition("/")[2]
    return given
