"""Judge a TradingBot as the API server does, also where there is none."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from botcore.domain.errors import InvalidInput, Problem
from botcore.resources.defaults import apply_defaults
from botcore.resources.meta import GROUP, KIND
from botcore.resources.problems import problems_of
from botcore.resources.rules import broken_rules
from botcore.resources.trading_bot import TradingBot, TradingBotSpec

__all__ = ["parse_trading_bot"]


def parse_trading_bot(
    manifest: Mapping[str, Any], old: Mapping[str, Any] | None = None
) -> TradingBot:
    """Parse a manifest, its defaults filled in; `old` is the manifest it replaces.

    Raises:
        InvalidInput: with every problem in the API server's words. Rules are judged only once
            every field is well formed, as the API server does.
    """
    try:
        text = json.dumps(apply_defaults(manifest), default=str)
        bot = TradingBot.model_validate_json(text, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidInput(problems_of(error, TradingBot), subject=_subject(manifest)) from error
    problems = tuple(_duplicates(bot.spec)) or broken_rules(bot, old)
    if problems:
        raise InvalidInput(problems, subject=_subject(manifest))
    return bot


def _subject(manifest: Mapping[str, Any]) -> str:
    metadata = manifest.get("metadata")
    name = metadata.get("name", "") if isinstance(metadata, Mapping) else ""
    return f'{KIND}.{GROUP} "{name}"'


def _duplicates(spec: TradingBotSpec) -> Iterator[Problem]:
    for index in _repeated([strategy.name for strategy in spec.strategies]):
        shown = json.dumps({"name": spec.strategies[index].name}, separators=(",", ":"))
        yield Problem(field=f"spec.strategies[{index}]", message=f"Duplicate value: {shown}")
    for number, strategy in enumerate(spec.strategies):
        for index in _repeated(strategy.symbols):
            yield Problem(
                field=f"spec.strategies[{number}].symbols[{index}]",
                message=f'Duplicate value: "{strategy.symbols[index]}"',
            )


def _repeated(names: Sequence[str]) -> list[int]:
    return [index for index, name in enumerate(names) if list(names[:index]).count(name) == 1]
