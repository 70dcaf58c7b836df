"""Find the exchange key of a bot: of its paper account, a sealed one, or one in a Secret of its owner's."""

import hashlib
import secrets
from collections.abc import Mapping

from botcore.domain.errors import InvalidInput, InvariantBroken, NotAllowed, NotFound, Transient
from botcore.domain.money import wire
from botcore.resources.trading_bot import BotMode, TradingBot
from botoperator.key_ports import KeyStore
from botoperator.plan.children import key_of
from botoperator.plan.credentials import (
    CredentialsFound,
    KeyReady,
    KeyRefused,
    KeyUnavailable,
    LiveRefused,
    LiveTerms,
    Referred,
    StoredKey,
    admit,
    judge_key,
    key_version,
    retain,
)
from botoperator.plan.inputs import ExchangeKey
from botoperator.plan.observed import Children
from botoperator.ports import PaperAccounts

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
        held = _held(bot, children)
        judged = _judge(bot, await self._named(bot), held, terms)
        return await self._open(bot, held, judged) if isinstance(judged, StoredKey) else judged

    async def _named(self, bot: TradingBot) -> Referred:
        named = bot.spec.credentials
        if named is not None and named.secret_name is not None:
            namespace = bot.metadata.namespace or ""
            return await self._key_store.refer(namespace, named.secret_name, bot.spec)
        if named is None or named.sealed_key is None:
            raise InvariantBroken("testnet and live mode have credentials")
        return _sealed(named.sealed_key, await self._key_store.find([named.sealed_key]))

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

    async def _open(
        self, bot: TradingBot, held: ExchangeKey | None, key: StoredKey
    ) -> CredentialsFound:
        held = _if_of(key, held)
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


def _judge(
    bot: TradingBot, named: Referred, held: ExchangeKey | None, terms: LiveTerms
) -> CredentialsFound | StoredKey:
    """Judge what is known of the key and of real money; answers the stored key if it may be opened."""
    judged = named.refused or judge_key(named.key, bot.spec)
    earlier = retain(named.key, judged, held)
    if earlier is None or named.key is None:
        return admit(judged, bot.spec, terms)
    if isinstance(earlier, LiveRefused):
        return earlier
    may_go_on = admit(named.key, bot.spec, terms)
    return earlier if isinstance(may_go_on, StoredKey) else may_go_on


def _sealed(key_id: str, stored: Mapping[str, StoredKey]) -> Referred:
    key = stored.get(key_id)
    # A Secret is named by its name alone, so that its namespace counts.
    return Referred(key=key if key is not None and key.secret is None else None)


def _held(bot: TradingBot, children: Children) -> ExchangeKey | None:
    """Read the key a running pod was given."""
    secret, pod = children.secret, children.pod
    if secret is None or pod is None or pod.is_finished or secret.owner_uid != bot.metadata.uid:
        return None
    held = key_of(secret)
    return held if held is not None and held.account.environment is bot.spec.mode else None


def _if_of(key: StoredKey, held: ExchangeKey | None) -> ExchangeKey | None:
    return held if held is not None and held.version == key_version(key) else None
