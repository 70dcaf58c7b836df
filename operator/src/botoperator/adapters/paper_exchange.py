"""The admin port of the paper exchange: opens accounts."""

from collections.abc import Mapping
from hashlib import sha256

import aiohttp

from botcore.domain.errors import InvariantBroken, Transient
from botcore.resources.trading_bot import BotMode
from botoperator.plan.inputs import Account, ExchangeKey

__all__ = ["PaperExchange"]

TIMEOUT = aiohttp.ClientTimeout(total=5)


class PaperExchange:
    """Accounts of the paper exchange, one for each bot, by its name."""

    def __init__(self, session: aiohttp.ClientSession, admin_url: str) -> None:
        self._session = session
        self._url = f"{admin_url.rstrip('/')}/admin/v1/accounts"

    async def ensure(self, name: str, balances: Mapping[str, str]) -> ExchangeKey:
        """Open the account of this name unless it is there, and answer its key.

        Raises:
            Transient: the exchange does not answer now.
            InvariantBroken: it refuses a request that this program made.
        """
        body = {"name": name, "balances": dict(balances)}
        try:
            async with self._session.post(self._url, json=body, timeout=TIMEOUT) as response:
                if response.status >= 500:
                    raise Transient(f"the paper exchange answered {response.status}")
                if response.status >= 400:
                    raise InvariantBroken(f"the paper exchange refused: {await response.text()}")
                answer = await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(f"the paper exchange does not answer: {error}") from error
        # A reset exchange gives the same account another key: the version must tell them apart.
        mark = sha256(answer["apiKey"].encode()).hexdigest()[:8]
        return ExchangeKey(
            account=Account(environment=BotMode.PAPER, uid=str(answer["uid"])),
            version=f"paper-{mark}",
            api_key=answer["apiKey"],
            api_secret=answer["apiSecret"],
        )
