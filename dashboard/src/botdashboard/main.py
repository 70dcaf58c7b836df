"""Start of the program: builds everything; the only module that knows the adapters."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import APIRouter, FastAPI
from nicegui import app as nicegui_app
from nicegui import ui
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from botcore.domain.errors import PlatformError
from botcore.ledger.connect import (
    DatabaseAddress,
    connect,
    listen,
    open_pool,
    wait_for_schema,
)
from botcore.runtime.clock import SystemClock
from botcore.runtime.logs import configure_logging
from botdashboard.access.keyed_hashes import KeyedHashes
from botdashboard.access.passwords import Passwords
from botdashboard.access.pepper import load_pepper
from botdashboard.adapters.gate import LedgerGate
from botdashboard.adapters.table_bots import TableBots
from botdashboard.api.audit_log import audit_routes
from botdashboard.api.confirm import confirm_routes
from botdashboard.api.csp_reports import csp_report_routes
from botdashboard.api.guard import API_PATH, Guard, GuardRules
from botdashboard.api.headers import SecurityHeaders
from botdashboard.api.health import health_routes
from botdashboard.api.key_form import key_form_routes
from botdashboard.api.links import link_routes
from botdashboard.api.live import live_routes
from botdashboard.api.people import people_routes
from botdashboard.api.plain import Cookie, problem_page
from botdashboard.api.security import security_routes
from botdashboard.api.sign_in import sign_in_routes
from botdashboard.api.tokens import token_routes
from botdashboard.api.v1.rest import rest_app
from botdashboard.pages import bot, bots, key, keys, new_bot, trades
from botdashboard.pages.frame import show_failure
from botdashboard.pages.sockets import LONGEST_MESSAGE, SocketGuard
from botdashboard.ports import BotGateway
from botdashboard.services.accounts import Accounts
from botdashboard.services.audit import Audit
from botdashboard.services.bots import Bots
from botdashboard.services.clock_watch import ClockWatch
from botdashboard.services.confirmations import Confirmations
from botdashboard.services.desk import Desk
from botdashboard.services.grants import Grants
from botdashboard.services.histories import Histories
from botdashboard.services.keys import Keys
from botdashboard.services.links import Links, make_setup_token
from botdashboard.services.live import LiveFeed
from botdashboard.services.own_account import OwnAccount
from botdashboard.services.proofs import Proofs
from botdashboard.services.readiness import Readiness
from botdashboard.services.second_factor import SecondFactor
from botdashboard.services.sessions import Sessions
from botdashboard.services.sign_in import SignIn
from botdashboard.services.tokens import Tokens
from botdashboard.services.trades import Trades
from botdashboard.settings import PREFIX, DashboardSettings

__all__ = ["create_app", "main"]

POOL_SIZE = 8
RECONNECT_FOR = 30.0  # seconds a page waits for its browser to come back


@asynccontextmanager
async def open_gateway(
    settings: DashboardSettings, gate: LedgerGate, address: DatabaseAddress
) -> AsyncIterator[BotGateway]:
    """Open the way to where TradingBots live."""
    if settings.resources == "table":
        yield TableBots(gate, address)
        return
    # One host without a cluster has no Kubernetes client.
    from botdashboard.adapters.kube_api import open_api  # noqa: PLC0415 see above
    from botdashboard.adapters.kube_bots import KubeBots  # noqa: PLC0415 see above

    async with open_api() as api:
        yield KubeBots(gate, api, settings.namespace, settings.owners)


def build_desk(
    settings: DashboardSettings, address: DatabaseAddress, gate: LedgerGate, gateway: BotGateway
) -> Desk:
    """Build the use cases over their adapters."""
    clock = SystemClock()
    audit = Audit(gate)
    sessions = Sessions(gate)
    pepper = load_pepper(settings.secrets_dir)
    passwords, hashes = Passwords(pepper), KeyedHashes(pepper)
    factor = SecondFactor(gate, hashes, clock)
    proofs = Proofs(gate, passwords, hashes, factor)
    bots_ = Bots(gate, gateway, audit, clock)
    return Desk(
        clock=clock,
        audit=audit,
        sessions=sessions,
        sign_in=SignIn(gate, passwords, sessions, hashes, factor),
        links=Links(gate, passwords, sessions),
        own_account=OwnAccount(gate, passwords, sessions, factor, proofs),
        second_factor=factor,
        proofs=proofs,
        grants=Grants(gate, gateway, audit, proofs),
        accounts=Accounts(gate, audit, sessions),
        bots=bots_,
        confirmations=Confirmations(bots_, proofs, clock),
        keys=Keys(gate, audit, proofs),
        trades=Trades(gate, gateway),
        histories=Histories(gate),
        tokens=Tokens(gate, audit, hashes, proofs),
        feed=LiveFeed(gateway, partial(listen, address)),
        readiness=Readiness(gate),
        clock_watch=ClockWatch(gate, clock),
        origin=settings.origin,
        egress=settings.egress,
        namespace=settings.namespace,
    )


def create_app(settings: DashboardSettings, desk: Desk) -> ASGIApp:
    """Build the whole web application, guard and headers around it; once per process."""
    cookie = Cookie(is_secure=settings.is_https)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_exception_handler(PlatformError, problem_page)
    app.add_exception_handler(Exception, problem_page)
    static = Path(__file__).parent / "api" / "static"
    app.mount("/static", StaticFiles(directory=static), name="static")
    app.mount(API_PATH, rest_app(desk))
    for router in _plain_pages(desk, cookie):
        app.include_router(router)
    for page in (bots, bot, new_bot, trades, keys, key):
        page.register(desk)
    nicegui_app.on_page_exception(show_failure)
    ui.run_with(
        app,
        title="kbots",
        favicon=static / "favicon.svg",
        language="en-US",
        dark=True,
        tailwind=False,
        reconnect_timeout=RECONNECT_FOR,
        binding_refresh_interval=None,
        gzip_middleware_factory=None,  # the nonce goes into uncompressed pages
        show_welcome_message=False,
    )
    sockets = SocketGuard(desk.sessions, settings.origins)
    sockets.install()
    rules = GuardRules(origins=settings.origins, cookie=cookie.name, may_join=sockets.may_join)
    guarded = Guard(app, rules, desk)
    return SecurityHeaders(guarded, is_https=settings.is_https)


def _plain_pages(desk: Desk, cookie: Cookie) -> tuple[APIRouter, ...]:
    return (
        health_routes(desk.readiness, desk.clock_watch),
        csp_report_routes(desk.clock),
        sign_in_routes(desk, cookie),
        link_routes(desk, cookie),
        security_routes(desk, cookie),
        token_routes(desk, cookie),
        audit_routes(desk),
        people_routes(desk),
        key_form_routes(desk, cookie),
        live_routes(desk, cookie),
        confirm_routes(desk, cookie),
    )


async def serve(settings: DashboardSettings) -> None:
    """Serve until a signal ends it."""
    address = settings.database()
    await wait_for_schema(address)
    async with open_pool(address, max_size=POOL_SIZE) as pool:
        gate = LedgerGate(pool)
        async with open_gateway(settings, gate, address) as gateway, asyncio.TaskGroup() as group:
            desk = build_desk(settings, address, gate, gateway)
            server = uvicorn.Server(_server_config(settings, create_app(settings, desk)))
            work = (
                group.create_task(desk.feed.run(), name="feed"),
                group.create_task(desk.sessions.keep_looking(), name="sessions"),
                group.create_task(desk.clock_watch.keep_looking(), name="clock"),
            )
            await server.serve()
            for task in work:
                task.cancel()


async def print_setup_link(settings: DashboardSettings) -> None:
    """Print the one-time link of the first admin, or say that there is one."""
    address = settings.database()
    await wait_for_schema(address)
    async with await connect(address) as connection, connection.transaction():
        token = await make_setup_token(connection)
    text = f"{settings.origin}/setup/{token}" if token else "an admin exists"
    sys.stdout.write(text + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `kbots-dashboard serve` or `kbots-dashboard setup-link`."""
    parser = argparse.ArgumentParser(prog="kbots-dashboard", description=__doc__)
    parser.add_argument("command", choices=("serve", "setup-link"))
    command = parser.parse_args(arguments).command
    configure_logging("dashboard")
    # Sockets carry their page's id in the address: their log lines are capabilities (SEC-52).
    for name in ("uvicorn", "uvicorn.error", "nicegui", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda *_: None)  # the server's own handler does the work
    try:
        settings = DashboardSettings.load(PREFIX)
        asyncio.run(serve(settings) if command == "serve" else print_setup_link(settings))
    except KeyboardInterrupt:
        return 0
    except PlatformError as error:
        sys.stderr.write(f"kbots-dashboard: {error}\n")
        return 1
    return 0


def _server_config(settings: DashboardSettings, app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        ws="websockets-sansio",
        ws_max_size=LONGEST_MESSAGE,
        timeout_graceful_shutdown=3,
    )
