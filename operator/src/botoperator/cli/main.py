"""kbots: the command line of a platform on one host."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from botcore.domain.errors import InvalidInput, NotFound, PlatformError, Transient
from botcore.runtime.clock import Clock, SystemClock
from botoperator.cli.acting import clear, delete, halt, subject_of, wait_until_gone
from botoperator.cli.apply import apply, read_manifests
from botoperator.cli.arguments import NAMESPACE, parse
from botoperator.cli.reading import Selection, describe_bot, get, show_logs, watch
from botoperator.cli.session import CliSettings, Session, open_session

__all__ = ["main"]

INTERRUPTED = 130


def main() -> None:
    """Run one command; 0 if it was done, 1 if not."""
    arguments = parse()
    try:
        asyncio.run(_run(arguments))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.exit(1)
    except PlatformError as error:
        sys.exit(_words(error))


def _words(error: PlatformError) -> str:
    match error:
        case NotFound():
            return f"Error from server (NotFound): {error}"
        case Transient():
            return f"Unable to connect to the server: {error}"
        case InvalidInput():
            return str(error) if error.subject.startswith("TradingBot") else f"error: {error}"
        case _:
            return f"Error from server: {error}"


async def _run(arguments: argparse.Namespace) -> None:
    data, clock = CliSettings.load("KBOTS_", data=arguments.data).data, SystemClock()
    match arguments.command:
        case "logs":
            await show_logs(data, arguments.name, lines=arguments.tail, follow=arguments.follow)
        case "apply":
            await _apply(data, arguments)
        case command:
            async with open_session(data) as session:
                await COMMANDS[command](session, arguments, clock)


async def _apply(data: Path, arguments: argparse.Namespace) -> None:
    manifests = [one for source in arguments.filename for one in read_manifests(source)]
    async with open_session(data) as session:
        for manifest in manifests:
            print(await apply(session, manifest, arguments.namespace))


async def _get(session: Session, arguments: argparse.Namespace, clock: Clock) -> None:
    namespace = None if arguments.all_namespaces else arguments.namespace or NAMESPACE
    selection = Selection(namespace=namespace, name=arguments.name, output=arguments.output)
    if arguments.watch:
        await watch(session, selection, clock)
    else:
        print(await get(session, selection, clock))


async def _describe(session: Session, arguments: argparse.Namespace, clock: Clock) -> None:
    place = arguments.namespace or NAMESPACE
    print(await describe_bot(session, place, arguments.name, clock))


async def _delete(session: Session, arguments: argparse.Namespace, clock: Clock) -> None:
    place = arguments.namespace or NAMESPACE
    print(await delete(session, place, arguments.name), flush=True)
    if arguments.wait:
        await wait_until_gone(session, place, arguments.name, arguments.timeout, clock)


async def _halt(session: Session, arguments: argparse.Namespace, _clock: Clock) -> None:
    place = arguments.namespace or NAMESPACE
    subject, called = await subject_of(session, place, arguments.name, arguments.owner)
    if arguments.command == "halt":
        print(f"{called} {await halt(session, subject, arguments.reason)}")
    else:
        print(f"{called} {await clear(session, subject)}")


COMMANDS: Mapping[str, Callable[[Session, argparse.Namespace, Clock], Awaitable[None]]] = {
    "get": _get,
    "describe": _describe,
    "delete": _delete,
    "halt": _halt,
    "clear-halt": _halt,
    "resume-halt": _halt,
}


if __name__ == "__main__":
    main()
