"""The runner's commands; the only place that knows every adapter."""

import argparse
import asyncio
import decimal
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import structlog

from botcore.domain.errors import InvalidInput, PlatformError, Transient
from botcore.resources.trading_bot import BotMode
from botcore.runtime.clock import SystemClock
from botcore.runtime.logs import configure_logging
from botrunner.adapters.binance_venue import BinanceVenue, binance_venue
from botrunner.adapters.bot_logs import BotLogs, copy_logs
from botrunner.adapters.config_files import (
    ConfigFile,
    RunnerConfig,
    database_address,
    read_key,
    read_key_check_config,
)
from botrunner.adapters.flight_recorder import FlightRecorder
from botrunner.adapters.instrument_watch import watch_instruments
from botrunner.adapters.ledger_books import LedgerBooks
from botrunner.adapters.ledger_journal import LedgerJournal
from botrunner.adapters.ledger_lease import LedgerLease
from botrunner.adapters.metrics import BotMetrics
from botrunner.adapters.own_strategies import load_own_strategies
from botrunner.adapters.venue_pauses import VenuePauses
from botrunner.engine.account_watch import AccountBooks
from botrunner.engine.candle_gaps import LateCandles
from botrunner.engine.lifetime import Background, flush_logs, live, tick, watch_configuration
from botrunner.engine.loop import Engine
from botrunner.engine.parts import Parts
from botrunner.engine.reloading import Configured
from botrunner.probing import probes_of
from botrunner.process import SendGate, hold_lock, last_words
from botrunner.settings import PREFIX, RunnerSettings
from botrunner.verify_key import verify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botrunner.commands.tools import Tool

__all__ = ["main"]

_log = structlog.get_logger(__name__)
_OF_PODS = (["run"], ["verify-key"])
_LEAVE_WITHIN = 3.0
"""Seconds an ending process may spend on its last records."""
_NOT_DONE = 2
"""Exit code of a tool that could not do what it was asked; 1 is an answer."""


def main() -> None:
    """Run a command of the pod, whose settings come from its environment, or one for people."""
    tools = {} if sys.argv[1:2] in _OF_PODS else _tools()
    arguments = _arguments(tools)
    configure_logging("botrunner")
    _trap_floats()
    if arguments.command != "verify-key":  # foreign code has no business beside a key being checked
        load_own_strategies()
    if arguments.command in tools:
        sys.exit(_tool(tools[arguments.command], arguments))
    _in_pod(arguments.command)


def _tools() -> "Mapping[str, Tool]":
    """Import what only people call: a pod trades the sooner without it."""
    from botrunner.commands.tools import TOOLS  # noqa: PLC0415

    return TOOLS


def _arguments(tools: "Mapping[str, Tool]") -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="botrunner", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", help="trade, as the pod of one bot")
    commands.add_parser("verify-key", help="check an exchange key, as a pod of its own")
    for name, tool in tools.items():
        tool.add_arguments(commands.add_parser(name, help=tool.summary, description=tool.summary))
    return parser.parse_args()


def _tool(tool: "Tool", arguments: argparse.Namespace) -> int:
    try:
        return tool.run(arguments)
    except PlatformError as error:
        sys.stderr.write(f"error: {error}\n")
        return _NOT_DONE


def _in_pod(command: str) -> None:
    try:
        settings = RunnerSettings.load(PREFIX)
    except InvalidInput as error:
        sys.exit(str(error))
    try:
        work = _trade(settings) if command == "run" else _verify_key(settings)
        reason, message, facts = asyncio.run(work)
    except InvalidInput as error:  # restarting can't mend it
        reason, message, facts = "ConfigInvalid", str(error), {}
    except PlatformError as error:
        _log.exception("runner_failed")
        sys.exit(f"{type(error).__name__}: {error}")
    _log.info("runner_ended", reason=reason, message=message)
    last_words(settings.termination_log, reason, message, **facts)


LastWords = tuple[str, str, dict[str, object]]


def _trap_floats() -> None:
    """Make Decimal refuse floats in this process and in every thread it starts (I7)."""
    decimal.DefaultContext.traps[decimal.FloatOperation] = True
    decimal.setcontext(decimal.DefaultContext.copy())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wires:
    """The adapters of one bot."""

    venue: BinanceVenue
    journal: LedgerJournal
    lease: LedgerLease
    recorder: FlightRecorder
    metrics: BotMetrics
    gate: SendGate
    clock: SystemClock

    def parts(self, config: RunnerConfig) -> Parts:
        """Return them as the engine takes them."""
        return Parts(
            bot_uid=config.bot.uid,
            account_uid=config.account_uid,
            exchange=self.venue.exchange,
            journal=self.journal,
            lease=self.lease,
            candles=self.venue.market,
            clock=self.clock,
            books=AccountBooks(
                ledger=LedgerBooks(self.journal, self.venue.exchange.venue_now),
                open_orders=self.venue.exchange.open_orders,
                is_exact=config.spec.mode is BotMode.PAPER,
            ),
            witnesses=(self.recorder, self.metrics),
            meter=self.metrics,
            key=self.venue.keys.in_use,
            read_price=None if config.venue.is_own_market else self.venue.exchange.market_price,
        )

    def shared_pauses(self, engine: Engine) -> VenuePauses:
        """Let all bots of the venue keep the silence that one was asked for."""
        self.lease.on_pause = self.venue.limits.hush
        self.lease.wake(engine.keeper.look_now)
        return VenuePauses(self.venue.limits, self.clock, self.lease.pause_venue)


def _wired(config: RunnerConfig, settings: RunnerSettings, clock: SystemClock) -> _Wires:
    """Build the adapters; nothing is contacted yet."""
    address, gate = database_address(config, settings.credentials_dir), SendGate()
    key = read_key(settings.credentials_dir)
    metrics = BotMetrics(bot=config.bot.name, namespace=config.bot.namespace, clock=clock)
    venue = binance_venue(config.venue.endpoints, key, clock, may_send=gate, observe=metrics.called)
    venue.keys.follow(partial(read_key, settings.credentials_dir), config.account_uid)
    return _Wires(
        venue=venue,
        journal=LedgerJournal(address, metrics.committed),
        lease=LedgerLease(address, settings.pod_uid),
        recorder=FlightRecorder(clock),
        metrics=metrics,
        gate=gate,
        clock=clock,
    )


async def _trade(settings: RunnerSettings) -> LastWords:
    hold_lock(settings.state_dir)
    clock = SystemClock()
    logs = BotLogs(clock)
    copy_logs(logs)
    file = ConfigFile(settings.config_dir)
    config = file.read()
    structlog.contextvars.bind_contextvars(bot=f"{config.bot.namespace}/{config.bot.name}")
    wires = _wired(config, settings, clock)
    venue, lease, recorder = wires.venue, wires.lease, wires.recorder
    engine = Engine(wires.parts(config), _configured(config))
    wires.gate.opens_with(engine.may_send)
    probes = asyncio.create_task(probes_of(settings, engine, venue, wires.metrics, recorder).run())
    nudged = asyncio.Event()
    late = LateCandles(venue.exchange, clock, engine.deliver)
    try:
        tasks = [*_background(engine, venue, lease, logs)]
        if config.venue.lockstep is None:  # there time waits for candles
            tasks.append(partial(late.run, lambda: (engine.state, engine.rules)))
        tasks.append(partial(watch_configuration, engine, partial(_fresh, file, config), nudged))
        tasks += [partial(recorder.keep, lease.write_recording), wires.shared_pauses(engine).run]
        end = await live(engine, tasks, venue.exchange.open, nudged)
        await _last_logs(lease, logs)
    finally:
        probes.cancel()
        await _last_records(lease, recorder)
        await venue.exchange.close()
        await wires.journal.close()
        await lease.close()
    return end.reason, end.message, {}


def _background(
    engine: Engine, venue: BinanceVenue, lease: LedgerLease, logs: BotLogs
) -> tuple[Background, ...]:
    return (
        engine.keeper.run,
        venue.exchange.keep_time,
        partial(venue.market.run, engine.deliver),
        partial(venue.user.run, engine.deliver),
        venue.keys.run,
        partial(
            watch_instruments,
            venue.exchange,
            lambda: frozenset(engine.rules.instruments),
            engine.refresh_instruments,
        ),
        partial(tick, engine),
        partial(flush_logs, lease, logs.drain),
    )


async def _last_logs(lease: LedgerLease, logs: BotLogs) -> None:
    with suppress(Transient):  # they are on stderr too
        await lease.write_logs(logs.drain())


async def _last_records(lease: LedgerLease, recorder: FlightRecorder) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LEAVE_WITHIN):
            await recorder.flush(lease.write_recording)


def _configured(config: RunnerConfig) -> Configured:
    return Configured(spec=config.spec, generation=config.generation)


def _fresh(file: ConfigFile, started: RunnerConfig) -> Configured | None:
    """Return a changed configuration.

    Raises:
        InvalidInput: it is malformed, or of another bot, mode or account, which needs another pod: the operator's job.
    """
    config = file.changed()
    if config is None:
        return None
    before = (started.bot.uid, started.spec.mode, started.account_uid)
    if (config.bot.uid, config.spec.mode, config.account_uid) != before:
        raise InvalidInput.of(
            f"generation {config.generation}",
            "is not in force: another mode or account needs another process",
        )
    return _configured(config)


async def _verify_key(settings: RunnerSettings) -> LastWords:
    config = read_key_check_config(settings.config_dir)
    venue = binance_venue(
        config.venue.endpoints,
        read_key(settings.credentials_dir),
        SystemClock(),
        may_send=SendGate(),
    )
    try:
        await venue.exchange.open()
        verdict = await verify(venue.exchange, config.venue.environment)
    finally:
        await venue.exchange.close()
    facts = verdict.termination()
    return str(facts.pop("reason")), str(facts.pop("message")), facts
