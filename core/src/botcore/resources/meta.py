"""What every resource shares: the API group, metadata, conditions and how models parse."""

from enum import StrEnum
from typing import Annotated

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from botcore.resources.descriptions import descriptions

__all__ = [
    "API_VERSION",
    "CRD_NAME",
    "EXCHANGE_KEY_LABEL",
    "GROUP",
    "HALT_ANNOTATION",
    "KIND",
    "OWNER_LABEL",
    "PLURAL",
    "VERSION",
    "Condition",
    "ConditionStatus",
    "ObjectMeta",
    "ResourceModel",
    "StatusModel",
]

GROUP = "kbots.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "TradingBot"
PLURAL = "tradingbots"
CRD_NAME = f"{PLURAL}.{GROUP}"

OWNER_LABEL = f"{GROUP}/owner"
EXCHANGE_KEY_LABEL = f"{GROUP}/exchange-key"
HALT_ANNOTATION = f"{GROUP}/halt"

Int64 = Annotated[int, Field(json_schema_extra={"format": "int64"})]


class ResourceModel(BaseModel):
    """Parse a part of a manifest: camelCase there, snake_case here; nothing unknown or coerced."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        defer_build=True,  # most are only ever parsed as parts of another
        extra="forbid",
        frozen=True,
        strict=True,
        validate_by_name=True,
    )

    def to_manifest(self) -> dict[str, JsonValue]:
        """Write the plain mapping the API server takes; what is not set is left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe every field by the string below it."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema)["properties"]
        for name, text in descriptions(cls).items():
            properties[name]["description"] = text
        return schema


class StatusModel(ResourceModel):
    """Parse what programs wrote; unknown fields, perhaps of a newer program, are dropped."""

    model_config = ConfigDict(extra="ignore")


class ObjectMeta(StatusModel):
    """The part of Kubernetes' object metadata that the programs use."""

    name: Annotated[str, Field(max_length=50, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    """Leaves room for the names of the children, tb-<name>-creds."""
    namespace: str | None = None
    uid: str | None = None
    generation: int | None = None
    resource_version: str | None = None
    creation_timestamp: AwareDatetime | None = None
    deletion_timestamp: AwareDatetime | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    finalizers: tuple[str, ...] | None = None


class ConditionStatus(StrEnum):
    """Whether a condition holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


Word = Annotated[str, Field(max_length=64, pattern=r"^[A-Z][A-Za-z0-9]*$")]


class Condition(StatusModel):
    """One observed condition."""

    type: Word
    """What is observed, in CamelCase."""
    status: ConditionStatus
    """Whether it holds."""
    reason: Word
    """Why, as one CamelCase word for programs."""
    message: Annotated[str, Field(max_length=4096)]
    """Why, for people."""
    last_transition_time: AwareDatetime
    """When status last changed."""
    observed_generation: Annotated[Int64, Field(ge=0)] | None = None
    """Generation of the spec this condition was derived from."""
