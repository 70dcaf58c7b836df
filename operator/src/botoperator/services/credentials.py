"""Find the exchange key of a bot: of its paper account, or a sealed one."""

from botcore.domain.errors import InvalidInput, NotAllowed, NotFound, Transient
from botcore.domain.money import wire
from botcore.resources.trading_bot import BotMode, TradingBot
from botoperator.plan.children import key_of
from botoperator.plan.credentials import (
    CredentialsFound,
    KeyReady,
    KeyRefused,
    KeyUnavailable,
    SealedKey,
    judge_key,
    key_version,
)
from botoperator.plan.inputs import ExchangeKey
from botoperator.plan.observed import Children
from botoperator.ports import KeyStore, PaperAccounts

__all__ = ["CredentialsFinder"]

PAPER_READY = "PaperAccount"
SEALED_READY = "KeyVerified"


class CredentialsFinder:
    """Finds keys; what a running pod's Secret holds already is not asked for again."""

    def __init__(self, paper_accounts: PaperAccounts, key_store: KeyStore) -> None:
        self._paper_accounts = paper_accounts
        self._key_store = key_store

    async def find(self, bot: TradingBot, children: Children) -> CredentialsFound:
        """Find the key, or say why there is none."""
        if bot.spec.mode is BotMode.PAPER:
            return await self._paper(bot, children)
        credentials = bot.spec.credentials
        if credentials is None or credentials.sealed_key is None:
            return KeyRefused(
                reason="SecretNotSupported",
                message="credentials.secretName is not supported: store the key through the dashboard"
                " and name it in credentials.sealedKey",
            )
        return await self._sealed(bot, children, credentials.sealed_key)

    async def _paper(self, bot: TradingBot, children: Children) -> CredentialsFound:
        held = _held(bot, children)
        if held is not None:
            return KeyReady(key=held, reason=PAPER_READY)
        balances = bot.spec.paper.balances if bot.spec.paper else {}
        name = f"{bot.metadata.namespace}/{bot.metadata.name}"
        try:
            key = await self._paper_accounts.ensure(
                name, {asset: wire(amount) for asset, amount in balances.items()}
            )
        except Transient as error:
            return KeyUnavailable(reason="PaperExchangeUnavailable", message=str(error))
        return KeyReady(key=key, reason=PAPER_READY)

    async def _sealed(self, bot: TradingBot, children: Children, key_id: str) -> CredentialsFound:
        key = judge_key(await self._key_store.find(key_id), bot.spec)
        if not isinstance(key, SealedKey):
            return key
        held = _held(bot, children)
        if held is not None and held.version == key_version(key):
            return KeyReady(key=held, reason=SEALED_READY)
        return await self._open(key, bot.spec.owner)

    async def _open(self, key: SealedKey, owner: str) -> CredentialsFound:
        try:
            opened = await self._key_store.open(key, owner)
        except (NotAllowed, NotFound, InvalidInput) as error:
            return KeyRefused(reason="KeyUnreadable", message=str(error))
        return KeyReady(key=opened, reason=SEALED_READY)


def _held(bot: TradingBot, children: Children) -> ExchangeKey | None:
    secret, pod = children.secret, children.pod
    if secret is None or pod is None or pod.is_finished or secret.owner_uid != bot.metadata.uid:
        return None
    key = key_of(secret)
    return key if key is not None and key.account.environment is bot.spec.mode else None
