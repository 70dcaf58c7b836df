"""`kbots apply`: judge and store what people wrote, in the API server's words."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from botcore.domain.errors import InvalidInput
from botcore.ledger.resources import StoredBot, Writing, find_bot, insert_bot, update_bot
from botcore.resources.meta import API_VERSION, KIND
from botcore.resources.validation import parse_trading_bot
from botoperator.cli.session import Session

__all__ = ["apply", "read_manifests"]


def read_manifests(source: str) -> tuple[Mapping[str, Any], ...]:
    """Read every document of a file, or of standard input for `-`.

    Raises:
        InvalidInput: the file can't be read, or is no YAML of objects.
    """
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        documents = [one for one in yaml.safe_load_all(text) if one is not None]
    except OSError as error:
        raise InvalidInput.of(source, error.strerror or "can't be read") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInput.of(source, f"is not YAML: {error}") from None
    if not documents:
        raise InvalidInput.of(source, "no objects passed to apply")
    return tuple(_objects(source, documents))


async def apply(session: Session, manifest: Mapping[str, Any], namespace: str | None) -> str:
    """Create the bot or replace its spec; answers what happened.

    Raises:
        InvalidInput: with every problem.
    """
    place = _namespace(manifest, namespace)
    stated = {key: value for key, value in manifest.items() if key != "status"}
    stated["metadata"] = {**manifest["metadata"], "namespace": place}
    async with session.connection.transaction():
        name = stated["metadata"].get("name")
        known = isinstance(name, str)
        old = await find_bot(session.connection, place, name, lock=True) if known else None
        bot = parse_trading_bot(stated, old.to_manifest() if old else None)
        writing = Writing(
            namespace=place,
            name=bot.metadata.name,
            labels=_merged(old.labels if old else {}, bot.metadata.labels),
            annotations=_merged(old.annotations if old else {}, bot.metadata.annotations),
            spec=bot.spec.to_manifest(),
        )
        outcome = await _store(session, writing, old)
    return f"tradingbot.kbots.dev/{writing.name} {outcome}"


async def _store(session: Session, writing: Writing, old: StoredBot | None) -> str:
    if old is None:
        await insert_bot(session.connection, writing)
        return "created"
    return "configured" if await update_bot(session.connection, writing) else "unchanged"


def _objects(source: str, documents: list[Any]) -> Iterator[Mapping[str, Any]]:
    for document in documents:
        if not isinstance(document, dict) or not isinstance(document.get("metadata"), dict):
            raise InvalidInput.of(source, "every document must be an object with metadata")
        version, kind = document.get("apiVersion"), document.get("kind")
        if (version, kind) != (API_VERSION, KIND):
            raise InvalidInput.of(source, f'no matches for kind "{kind}" in version "{version}"')
        yield document


def _namespace(manifest: Mapping[str, Any], wanted: str | None) -> str:
    stated = manifest["metadata"].get("namespace")
    if stated and wanted and stated != wanted:
        raise InvalidInput.of(
            "",
            f'the namespace from the provided object "{stated}" does not match the namespace'
            f" \"{wanted}\". You must pass '--namespace={stated}' to perform this operation.",
        )
    return str(stated or wanted or "kbots-bots")


def _merged(old: Mapping[str, str], new: Mapping[str, str] | None) -> dict[str, str]:
    return {**old, **(new or {})}
