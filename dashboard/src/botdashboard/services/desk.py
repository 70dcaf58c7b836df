"""Every use case in one place, as `main` builds them and pages take them."""

from dataclasses import dataclass

from botcore.runtime.clock import Clock
from botdashboard.services.accounts import Accounts
from botdashboard.services.audit import Audit
from botdashboard.services.bots import Bots
from botdashboard.services.clock_watch import ClockWatch
from botdashboard.services.confirmations import Confirmations
from botdashboard.services.grants import Grants
from botdashboard.services.histories import Histories
from botdashboard.services.keys import Keys
from botdashboard.services.links import Links
from botdashboard.services.live import LiveFeed
from botdashboard.services.own_account import OwnAccount
from botdashboard.services.proofs import Proofs
from botdashboard.services.readiness import Readiness
from botdashboard.services.second_factor import SecondFactor
from botdashboard.services.sessions import Sessions
from botdashboard.services.sign_in import SignIn
from botdashboard.services.tokens import Tokens
from botdashboard.services.trades import Trades

__all__ = ["Desk"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The use cases, and what pages must know of the installation."""

    clock: Clock
    audit: Audit
    sessions: Sessions
    sign_in: SignIn
    links: Links
    own_account: OwnAccount
    second_factor: SecondFactor
    proofs: Proofs
    grants: Grants
    confirmations: Confirmations
    accounts: Accounts
    bots: Bots
    keys: Keys
    trades: Trades
    histories: Histories
    tokens: Tokens
    feed: LiveFeed
    readiness: Readiness
    clock_watch: ClockWatch
    origin: str
    egress: tuple[str, ...]
    namespace: str
