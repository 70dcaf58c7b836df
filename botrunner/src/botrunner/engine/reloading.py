"""The configuration wanted, the one in force, and why they differ."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from botcore.domain.errors import InvalidInput
from botcore.domain.instruments import Instrument
from botcore.domain.lots import SubBook
from botcore.resources.trading_bot import TradingBotSpec
from botrunner.engine.recovering import Recovery
from botrunner.trading.rules import Rules, refusal, rules_of

__all__ = ["Configuration", "Configured"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """A configuration as it came from the operator."""

    spec: TradingBotSpec
    generation: int


class Configuration:
    """Judges what is wanted against what is held; a refused change leaves the last one in force."""

    def __init__(self, *, bot_uid: str, configured: Configured, recovery: Recovery) -> None:
        """Want, and take, the configuration the process started with."""
        self._bot_uid = bot_uid
        self._recovery = recovery
        self.wanted = configured
        self.taken = configured
        self.complaint = ""
        self.obstacle = ""
        """Why what is configured now never got here: no configuration, or one for another process."""

    def want(self, configured: Configured) -> None:
        """Want another configuration from now on."""
        self.wanted, self.obstacle = configured, ""

    async def judged(
        self, current: Rules, sub_books: Iterable[SubBook], known: Mapping[str, Instrument]
    ) -> Rules:
        """Return the wanted rules, or those taken before with a complaint why they stay."""
        wanted = self.wanted
        try:
            rules = self.rules(wanted, await self._recovery.instruments(wanted.spec, known))
            problem = refusal(sub_books, current, rules)
        except InvalidInput as error:
            rules, problem = current, str(error)
        if problem is None:
            self.complaint, self.taken = "", wanted
            return rules
        self.complaint = f"generation {wanted.generation} is not in force: {problem}"
        _log.warning("configuration_refused", generation=wanted.generation, reason=problem)
        return self.rules(self.taken, known)

    def rules(self, configured: Configured, instruments: Mapping[str, Instrument]) -> Rules:
        """Translate a configuration into rules."""
        return rules_of(
            configured.spec,
            bot_uid=self._bot_uid,
            generation=configured.generation,
            instruments=instruments,
        )
