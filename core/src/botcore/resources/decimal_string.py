"""Decimal numbers that travel as strings, with the same bounds in models and CRD."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema

__all__ = ["DecimalString", "Factor", "Money", "Percent", "ProfitPercent", "SignedMoney"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecimalString:
    """Parse a string of a pattern to Decimal; refuse numbers, which JSON readers would round."""

    pattern: str
    max_length: int

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        """Check the text, then make it a Decimal; a Decimal is checked as the text it would be."""
        text = core_schema.str_schema(pattern=self.pattern, max_length=self.max_length, strict=True)
        return core_schema.no_info_before_validator_function(
            _text_of,
            core_schema.no_info_after_validator_function(Decimal, text),
            serialization=core_schema.plain_serializer_function_ser_schema(_written, info_arg=True),
        )

    def __get_pydantic_json_schema__(
        self, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe the text as the CRD does."""
        return {"type": "string", "maxLength": self.max_length, "pattern": self.pattern}


def _text_of(value: object) -> object:
    return _plain(value) if isinstance(value, Decimal) else value


def _written(value: Decimal, info: core_schema.SerializationInfo[Any]) -> Decimal | str:
    return _plain(value) if info.mode_is_json() else value


def _plain(value: Decimal) -> str:
    return format(value, "f")


Money = Annotated[Decimal, DecimalString(pattern=r"^([0-9]{1,20})(\.[0-9]{1,8})?$", max_length=29)]
SignedMoney = Annotated[
    Decimal, DecimalString(pattern=r"^-?([0-9]{1,20})(\.[0-9]{1,8})?$", max_length=30)
]
Percent = Annotated[Decimal, DecimalString(pattern=r"^([0-9]{1,2})(\.[0-9]{1,4})?$", max_length=7)]
Factor = Percent
"""A plain multiple below a hundred, written like a percentage."""
ProfitPercent = Annotated[
    Decimal, DecimalString(pattern=r"^([0-9]{1,3})(\.[0-9]{1,4})?$", max_length=8)
]
