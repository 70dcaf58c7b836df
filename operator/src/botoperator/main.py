"""kbots-operator: runs the bots of one host or of a cluster, and sets a platform up."""

import argparse
import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path

import structlog

from botcore.domain.errors import InvalidInput, PlatformError
from botcore.runtime.logs import configure_logging
from botoperator.settings import (
    MIGRATE_PREFIX,
    PREFIX,
    SET_UP_PREFIX,
    ClusterSettings,
    MigrateSettings,
    SetUpSettings,
    StandaloneSettings,
)

__all__ = ["main"]

log = structlog.get_logger(__name__)


def main() -> None:
    """Run the command line."""
    arguments = _parse()
    try:
        asyncio.run(_command(arguments))
    except (PlatformError, BaseExceptionGroup) as error:
        match _first(error):
            case InvalidInput() as refusal:
                sys.exit(f"kbots-operator: {refusal}")
            case PlatformError() as failure:
                log.critical("operator_failed", error=str(failure))
                sys.exit(1)
            case _:
                raise


def _command(arguments: argparse.Namespace) -> Coroutine[None, None, None]:
    match arguments.place:
        case "standalone":
            return _standalone(arguments.data.resolve(), stop_bots=arguments.stop_bots_on_exit)
        case "kubernetes":
            return _kubernetes()
        case "set-up":
            return _set_up()
        case "sealing-key":
            return _sealing_key(arguments)
        case _:
            return _migrate()


# Each command imports its own parts: one host has neither kopf nor the Kubernetes client.
# ruff: noqa: PLC0415


async def _standalone(data: Path, *, stop_bots: bool) -> None:
    from botoperator.wiring.standalone import run_standalone

    settings = StandaloneSettings.load(PREFIX)
    configure_logging("operator", level=settings.log_level)
    await run_standalone(settings, data, stop_bots=stop_bots)


async def _kubernetes() -> None:
    from botoperator.wiring.kubernetes import run_kubernetes

    settings = ClusterSettings.load(PREFIX)
    configure_logging("operator", level=settings.log_level)
    await run_kubernetes(settings)


async def _set_up() -> None:
    from botoperator.wiring.set_up import run_set_up

    settings = SetUpSettings.load(SET_UP_PREFIX)
    configure_logging("set-up", level=settings.log_level)
    await run_set_up(settings)


async def _sealing_key(arguments: argparse.Namespace) -> None:
    from botoperator.wiring.sealing_keys import run_sealing_key

    configure_logging("sealing-key")
    await run_sealing_key(arguments)


async def _migrate() -> None:
    from botoperator.wiring.migrate import run_migrate

    settings = MigrateSettings.load(MIGRATE_PREFIX)
    configure_logging("migrate", level=settings.log_level)
    await run_migrate(settings)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kbots-operator")
    places = parser.add_subparsers(dest="place", required=True)
    standalone = places.add_parser("standalone", help="run the bots as processes of this host")
    standalone.add_argument("--data", type=Path, required=True, help="folder for pods, keys, logs")
    standalone.add_argument(
        "--stop-bots-on-exit",
        action="store_true",
        help="end the bots in order when the operator ends; otherwise they trade on",
    )
    places.add_parser("kubernetes", help="run the bots as pods of a cluster")
    places.add_parser("set-up", help="make the platform's Secrets where they are missing")
    places.add_parser("migrate", help="bring the database to this version's schema")
    _add_sealing_key(places.add_parser("sealing-key", help="look after what opens stored keys"))
    return parser.parse_args()


def _add_sealing_key(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", required=True)
    folder = argparse.ArgumentParser(add_help=False)
    folder.add_argument(
        "--dir", type=Path, default=Path("/etc/kbots/sealing"), help="folder of the sealing keys"
    )
    phrase = argparse.ArgumentParser(add_help=False)
    phrase.add_argument("--passphrase-file", required=True, help="file, or - for standard input")

    action = actions.add_parser("new", parents=[folder], help="make another sealing key")
    action.add_argument("--patch", action="store_true", help="print it as a patch of the Secret")
    actions.add_parser("check", parents=[folder], help="open every stored key, and forget it")
    actions.add_parser("reseal", parents=[folder], help="put every stored key under the newest")
    actions.add_parser("backup", parents=[folder, phrase], help="print the keys, encrypted")
    action = actions.add_parser("restore", parents=[folder, phrase], help="write them to a folder")
    action.add_argument("backup", type=Path)


if __name__ == "__main__":
    main()
