"""The runner's commands; the only place that knows every adapter."""

import argparse
import asyncio
import decimal
import sys
from contextlib import suppress
from functools import partial

import structlog

from botcore.domain.errors import InvalidInput, PlatformError, Transient
from botcore.runtime.clock import Clock, SystemClock
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
from botrunner.adapters.instrument_watch import watch_instruments
from botrunner.adapters.ledger_journal import LedgerJournal
from botrunner.adapters.ledger_lease import LedgerLease
from botrunner.adapters.venue_pauses import VenuePauses
from botrunner.engine.lifetime import Background, flush_logs, live, tick, watch_configuration
from botrunner.engine.loop import Engine, Parts
from botrunner.engine.reloading import Configured
from botrunner.process import SendGate, hold_lock, last_words, mark_alive
from botrunner.settings import PREFIX, RunnerSettings
from botrunner.verify_key import verify

__all__ = ["main"]

_log = structlog.get_logger(__name__)


def main() -> None:
    """Run `botrunner run` or `botrunner verify-key`; the settings come from the pod's environment."""
    parser = argparse.ArgumentParser(prog="botrunner", description=__doc__)
    parser.add_argument("command", choices=("run", "verify-key"))
    command = parser.parse_args().command
    configure_logging("botrunner")
    _trap_floats()
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


async def _trade(settings: RunnerSettings) -> LastWords:
    hold_lock(settings.state_dir)
    clock = SystemClock()
    logs = BotLogs(clock)
    copy_logs(logs)
    file = ConfigFile(settings.config_dir)
    config = file.read()
    structlog.contextvars.bind_contextvars(bot=f"{config.bot.namespace}/{config.bot.name}")
    address = database_address(config, settings.credentials_dir)
    gate = SendGate()
    key = read_key(settings.credentials_dir)
    venue = binance_venue(config.venue.endpoints, key, clock, may_send=gate)
    venue.keys.follow(partial(read_key, settings.credentials_dir), config.account_uid)
    journal, lease = LedgerJournal(address), LedgerLease(address, settings.pod_uid)
    parts = Parts(
        bot_uid=config.bot.uid,
        account_uid=config.account_uid,
        exchange=venue.exchange,
        journal=journal,
        lease=lease,
        candles=venue.market,
        clock=clock,
        read_price=None if config.venue.is_own_market else venue.exchange.market_price,
    )
    engine = Engine(parts, _configured(config))
    pauses = _shared_pauses(venue, lease, engine, clock)
    gate.opens_with(engine.keeper.may_send)
    sign_of_life = asyncio.create_task(mark_alive(settings.state_dir, engine.is_moving))
    try:
        tasks = [*_background(engine, venue, lease, logs), pauses.run]
        tasks.append(partial(watch_configuration, engine, partial(_fresh, file, config)))
        end = await live(engine, tasks, venue.exchange.open)
        await _last_logs(lease, logs)
    finally:
        sign_of_life.cancel()
        await venue.exchange.close()
        await journal.close()
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
            watch_instruments, venue.exchange, lambda: engine.symbols, engine.refresh_instruments
        ),
        partial(tick, engine),
        partial(flush_logs, lease, logs.drain),
    )


def _shared_pauses(
    venue: BinanceVenue, lease: LedgerLease, engine: Engine, clock: Clock
) -> VenuePauses:
    """Let all bots of the venue keep the silence that one was asked for."""
    lease.on_pause = venue.limits.hush
    lease.wake(engine.keeper.look_now)
    return VenuePauses(venue.limits, clock, lease.pause_venue)


async def _last_logs(lease: LedgerLease, logs: BotLogs) -> None:
    with suppress(Transient):  # they are on stderr too
        await lease.write_logs(logs.drain())


def _configured(config: RunnerConfig) -> Configured:
    return Configured(spec=config.spec, generation=config.generation)


def _fresh(file: ConfigFile, started: RunnerConfig) -> Configured | None:
    """Return a changed configuration; another bot, mode or account needs another pod and is left to the operator."""
    config = file.changed()
    if config is None:
        return None
    before = (started.bot.uid, started.spec.mode, started.account_uid)
    if (config.bot.uid, config.spec.mode, config.account_uid) != before:
        _log.warning("configuration_needs_new_pod", generation=config.generation)
        return None
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
