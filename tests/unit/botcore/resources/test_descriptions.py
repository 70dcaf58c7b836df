"""What stands below a model's field is told, and read no sooner than somebody asks."""

import subprocess
import sys

from botcore.resources.descriptions import descriptions
from botcore.resources.meta import ResourceModel

READ = """
import linecache
from botcore.resources.trading_bot import OnStop
print(len(linecache.cache))
OnStop.model_json_schema()
print(len(linecache.cache))
"""


class Base(ResourceModel):
    """A model."""

    first_name: str
    """What a child
    inherits."""
    plain: str


class Child(Base):
    """Another."""

    plain: str
    """Said by the child alone."""
    silent: int
    nested: Base | None = None
    """More."""


def test_descriptions_are_those_of_the_class_and_what_it_inherits():
    assert descriptions(Child) == {
        "firstName": "What a child\ninherits.", "plain": "Said by the child alone.", "nested": "More.",
    }  # fmt: skip
    assert descriptions(Base) == {"firstName": "What a child\ninherits."}


def test_schema_describes_fields_of_nested_models():
    schema = Child.model_json_schema(by_alias=True)

    assert schema["properties"]["nested"]["description"] == "More."
    assert schema["properties"]["plain"]["description"] == "Said by the child alone."
    assert "description" not in schema["$defs"]["Base"]["properties"]["plain"]
    assert "description" in schema["$defs"]["Base"]["properties"]["firstName"]


def test_no_source_is_read_before_a_description_is_wanted():
    done = subprocess.run([sys.executable, "-c", READ], capture_output=True, text=True, check=True)

    before, after = map(int, done.stdout.split())
    assert before == 0
    assert after > 0
