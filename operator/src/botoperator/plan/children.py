"""The children of a bot: Secret, ConfigMap and Pod, as Kubernetes takes them."""

import json
from collections.abc import Mapping
from typing import Any

from botcore.domain.errors import InvariantBroken
from botcore.resources.meta import API_VERSION, KIND, OWNER_LABEL
from botcore.resources.names import ChildNames, child_names
from botcore.resources.trading_bot import BotMode
from botoperator.plan.inputs import (
    Account,
    BotIdentity,
    ChildInputs,
    ExchangeKey,
    PodSettings,
    RenderedSpec,
    Venue,
)
from botoperator.plan.manifests import (
    ACCOUNT,
    BOT_LABEL,
    CONFIG_HASH,
    CREDENTIALS,
    UID_LABEL,
    Kind,
    Manifest,
    decode_data,
    digest,
    encode_data,
)
from botoperator.plan.pod import PodParts, build_pod

__all__ = [
    "CONFIG_FILE",
    "config_of",
    "database_password_of",
    "desired_children",
    "key_of",
    "reordered_config",
    "stopped_config",
    "verify_children",
    "verify_names",
]

CONFIG_FILE = "bot.json"
API_KEY, API_SECRET, DATABASE_PASSWORD = "api-key", "api-secret", "database-password"
KEY_VERSION = "key-version"  # the runner repeats it in its heartbeat
VERIFY_PREFIX = "tb-verify-"


def desired_children(bot: BotIdentity, inputs: ChildInputs) -> tuple[Manifest, ...]:
    """Render the three children in the order they must be written; the pod comes last."""
    names = child_names(bot.name)
    config = _config(bot, inputs)
    marks = {ACCOUNT: str(inputs.key.account), CREDENTIALS: inputs.key.version}
    secret = {**_key_files(inputs.key), DATABASE_PASSWORD: inputs.database.password}
    pod = build_pod(
        PodParts(
            metadata=_metadata(
                bot, inputs.pod_name or names.pod, {**marks, CONFIG_HASH: digest(config)}
            ),
            command=("botrunner", "run"),
            secret=names.secret,
            config_map=names.config_map,
            restart_policy="OnFailure",
            serves_probes=True,
        ),
        inputs.pod,
    )
    return (
        _secret(_metadata(bot, names.secret, marks), secret),
        _config_map(_metadata(bot, names.config_map, {}), config),
        pod,
    )


def verify_names(key_id: str) -> ChildNames:
    """Name the pod that checks a key, and what is mounted into it."""
    stem = VERIFY_PREFIX + key_id[:8]
    return ChildNames(pod=stem, secret=f"{stem}-creds", config_map=f"{stem}-cfg")


def verify_children(
    check: BotIdentity, key: ExchangeKey, venue: Venue, settings: PodSettings
) -> tuple[Manifest, ...]:
    """Render the short-lived pod that checks a key; the key's id stands in for the bot's uid."""
    names = verify_names(check.uid)
    config = {"bot": _bot(check), "venue": _venue(venue)}
    pod = build_pod(
        PodParts(
            metadata=_metadata(check, names.pod, {CREDENTIALS: key.version}, owned=False),
            command=("botrunner", "verify-key"),
            secret=names.secret,
            config_map=names.config_map,
            restart_policy="Never",
        ),
        settings,
    )
    return (
        _secret(_metadata(check, names.secret, {}, owned=False), _key_files(key)),
        _config_map(_metadata(check, names.config_map, {}, owned=False), config),
        pod,
    )


def config_of(config_map: Manifest | None) -> dict[str, Any] | None:
    """Read a bot's configuration back from its ConfigMap; None if there is none or somebody broke it."""
    text = config_map.data.get(CONFIG_FILE, "") if config_map else ""
    try:
        config = json.loads(text)
    except ValueError:
        return None
    is_whole = (
        isinstance(config, dict)
        and isinstance(config.get("spec"), dict)
        and isinstance(config.get("generation"), int)
    )
    return config if is_whole else None


def key_of(secret: Manifest) -> ExchangeKey | None:
    """Read the key back from a bot's Secret; None if it lacks a part."""
    environment, _, uid = secret.annotations.get(ACCOUNT, "").partition("/")
    version, files = secret.annotations.get(CREDENTIALS), decode_data(secret.data)
    if version is None or not uid or not {API_KEY, API_SECRET} <= files.keys():
        return None
    if environment not in set(BotMode):
        return None
    return ExchangeKey(
        account=Account(environment=BotMode(environment), uid=uid),
        version=version,
        api_key=files[API_KEY],
        api_secret=files[API_SECRET],
    )


def database_password_of(secret: Manifest) -> str | None:
    """Read the database password back from a bot's Secret."""
    return decode_data(secret.data).get(DATABASE_PASSWORD)


def stopped_config(config_map: Manifest, on_stop: Mapping[str, Any], generation: int) -> Manifest:
    """Render the configuration in force with the order to stop, whatever else is wanted by now.

    Raises:
        InvariantBroken: the configuration can't be read.
    """
    spec = (config_of(config_map) or {}).get("spec", {})
    stopped = {**spec, "desiredState": "Stopped", "onStop": dict(on_stop)}
    return reordered_config(config_map, RenderedSpec(spec=stopped, generation=generation))


def reordered_config(config_map: Manifest, rendered: RenderedSpec) -> Manifest:
    """Render the configuration in force with another spec; what needs the bot's key stays as it is.

    Raises:
        InvariantBroken: the configuration can't be read.
    """
    config = config_of(config_map)
    if config is None:
        raise InvariantBroken("a bot is told what to do by a configuration it can read")
    changes = {"spec": dict(rendered.spec), "generation": rendered.generation}
    return config_map.with_data(_config_data({**config, **changes}))


def _config(bot: BotIdentity, inputs: ChildInputs) -> dict[str, Any]:
    database = inputs.database
    return {
        "bot": _bot(bot),
        "generation": inputs.rendered.generation,
        "spec": inputs.rendered.spec,
        "venue": _venue(inputs.venue),
        "database": {
            "host": database.host,
            "port": database.port,
            "dbname": database.dbname,
            "user": database.user,
        },
        "accountUid": inputs.key.account.uid,
    }


def _bot(bot: BotIdentity) -> dict[str, str]:
    return {"uid": bot.uid, "namespace": bot.namespace, "name": bot.name, "owner": bot.owner}


def _venue(venue: Venue) -> dict[str, Any]:
    relay = venue.relay
    addresses = relay and {"restUrl": relay.rest_url, "streamUrl": relay.stream_url}
    return {
        "name": venue.name,
        "environment": venue.environment.value,
        "restUrl": venue.rest_url,
        "wsApiUrl": venue.ws_api_url,
        "streamUrl": venue.stream_url,
        "lockstep": venue.lockstep,
        **({"relay": addresses} if addresses else {}),
    }


def _key_files(key: ExchangeKey) -> dict[str, str]:
    return {API_KEY: key.api_key, API_SECRET: key.api_secret, KEY_VERSION: key.version}


def _secret(metadata: Mapping[str, Any], plain: Mapping[str, str]) -> Manifest:
    return Manifest(
        body={
            "apiVersion": "v1",
            "kind": Kind.SECRET.value,
            "metadata": metadata,
            "type": "Opaque",
            "data": encode_data(plain),
        }
    )


def _config_map(metadata: Mapping[str, Any], config: Mapping[str, Any]) -> Manifest:
    return Manifest(
        body={
            "apiVersion": "v1",
            "kind": Kind.CONFIG_MAP.value,
            "metadata": metadata,
            "data": _config_data(config),
        }
    )


def _config_data(config: Mapping[str, Any]) -> dict[str, str]:
    return {CONFIG_FILE: json.dumps(config, sort_keys=True, indent=1)}


def _metadata(
    bot: BotIdentity, name: str, annotations: Mapping[str, str], *, owned: bool = True
) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": bot.namespace,
        "labels": {
            "app.kubernetes.io/name": "botrunner",
            "app.kubernetes.io/instance": bot.name,
            "app.kubernetes.io/component": "bot" if owned else "verify-key",
            "app.kubernetes.io/part-of": "kbots",
            "app.kubernetes.io/managed-by": "kbots-operator",
            OWNER_LABEL: bot.owner,
            UID_LABEL: bot.uid,
            **({BOT_LABEL: bot.name} if owned else {}),
        },
        "annotations": dict(annotations),
    }
    if owned:
        metadata["ownerReferences"] = [
            {
                "apiVersion": API_VERSION,
                "kind": KIND,
                "name": bot.name,
                "uid": bot.uid,
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ]
    return metadata
