"""Find the exchange key of a bot: of its paper account, a sealed one, or one in a Secret of its owner's."""

import hashlib
import secrets

from botcore.domain.errors import InvalidInput, InvariantBroken, NotAllowed, NotFound, Transient
from botcore.domain.money import wire
from botcore.resources.trading_bot import BotMode, TradingBot
from botoperator.plan.children import key_of
from botoperator.plan.credentials import (
    CredentialsFound,
    KeyJudged,
    KeyReady,
    KeyRefused,
    KeyUnavailable,
    LiveRefused,
    LiveTerms,
    StoredKey,
    admit,
    judge_key,
    key_version,
    retain,
)
from botoperator.plan.inputs import ExchangeKey
from botoperator.plan.observed import Children
from botoperator.ports import KeyStore, PaperAccounts

__all__ = ["CredentialsFinder"]

PAPER_READY = "PaperAccount"
STORED_READY = "KeyVerified"


class CredentialsFinder:
    """Finds keys.

    A running pod's Secret is believed while it holds what was found for the bot before: nothing is asked anew, and
    what somebody wrote into it is put right.
    """

    def __init__(self, paper_accounts: PaperAccounts, key_store: KeyStore) -> None:
        self._paper_accounts = paper_accounts
        self._key_store = key_store
        self._salt = secrets.token_bytes(32)
        self._found: dict[str, bytes] = {}
        """By bot a keyed hash of its key, so that no second copy of the key lies in memory."""

    async def find(self, bot: TradingBot, children: Children, terms: LiveTerms) -> CredentialsFound:
        """Find the key, or say why there is none; nothing is opened for real money but on the terms."""
        if bot.spec.mode is BotMode.PAPER:
            return await self._paper(bot, children)
        stored, refused = await self._named(bot)
        judged = refused or judge_key(stored, bot.spec)
        held = _held(bot, children)
        earlier = retain(stored, judged, held)
        if earlier is None or stored is None:
            return await self._stored(bot, held, admit(judged, bot.spec, terms))
        may_go_on = admit(stored, bot.spec, terms)
        return earlier if isinstance(may_go_on, StoredKey) else may_go_on

    async def _named(self, bot: TradingBot) -> tuple[StoredKey | None, KeyRefused | None]:
        named = bot.spec.credentials
        if named is not None and named.secret_name is not None:
            namespace = bot.metadata.namespace or ""
            found = await self._key_store.refer(namespace, named.secret_name, bot.spec)
            return found.key, found.refused
        if named is None or named.sealed_key is None:
            raise InvariantBroken("testnet and live mode have credentials")
        key = await self._key_store.find(named.sealed_key)
        # A Secret is named by its name alone, so that its namespace counts.
        return (key if key is not None and key.secret is None else None), None

    async def _paper(self, bot: TradingBot, children: Children) -> CredentialsFound:
        held = _held(bot, children)
        if held is not None and self._is_as_found(bot, held):
            return KeyReady(key=held, reason=PAPER_READY)
        balances = bot.spec.paper.balances if bot.spec.paper else {}
        name = f"{bot.metadata.namespace}/{bot.metadata.name}"
        try:
            key = await self._paper_accounts.ensure(
                name, {asset: wire(amount) for asset, amount in balances.items()}
            )
        except Transient as error:
            if held is not None:
                return KeyReady(key=held, reason=PAPER_READY)
            return KeyUnavailable(reason="PaperExchangeUnavailable", message=str(error))
        return self._ready(bot, key, PAPER_READY)

    async def _stored(
        self, bot: TradingBot, held: ExchangeKey | None, key: KeyJudged | LiveRefused
    ) -> CredentialsFound:
        if not isinstance(key, StoredKey):
            return key
        if held is not None and held.version != key_version(key):
            held = None
        if held is not None and self._is_as_found(bot, held):
            return KeyReady(key=held, reason=STORED_READY)
        try:
            opened = await self._key_store.open(key, bot.spec.owner)
        except (NotAllowed, NotFound, InvalidInput) as error:
            if held is not None:  # it was verified, and its bot has orders to manage
                return KeyReady(key=held, reason=STORED_READY)
            return KeyRefused(reason="KeyUnreadable", message=str(error))
        return self._ready(bot, opened, STORED_READY)

    def _ready(self, bot: TradingBot, key: ExchangeKey, reason: str) -> KeyReady:
        self._found[str(bot.metadata.uid)] = self._hash(key)
        return KeyReady(key=key, reason=reason)

    def _is_as_found(self, bot: TradingBot, key: ExchangeKey) -> bool:
        return self._found.get(str(bot.metadata.uid)) == self._hash(key)

    def _hash(self, key: ExchangeKey) -> bytes:
        parts = (str(key.account), key.version, key.api_key, key.api_secret)
        return hashlib.blake2b("\n".join(parts).encode(), key=self._salt).digest()


def _held(bot: TradingBot, children: Children) -> ExchangeKey | None:
    secret, pod = children.secret, children.pod
    if secret is None or pod is None or pod.is_finished or secret.owner_uid != bot.metadata.uid:
        return None
    key = key_of(secret)
    return key if key is not None and key.account.environment is bot.spec.mode else None
