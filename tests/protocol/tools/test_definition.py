from __future__ import annotations

import dataclasses
import enum
import functools
import json
import math
import sys
import typing
from typing import Annotated, Any, Literal

import pytest
from openai.types.realtime import RealtimeFunctionTool, RealtimeToolsConfigUnionParam
from pydantic import BaseModel, Field, TypeAdapter
from typing_extensions import Doc, TypedDict, Unpack

from realtime_nb.errors import ConfigError
from realtime_nb.protocol.tools.definition import define_function, define_tools
from realtime_nb.protocol.tools.options import ToolOptions, with_options


def get_weather(city: str, unit: Literal["C", "F"] = "C") -> str:
    """Return the weather of a city."""
    return f"{city} {unit}"


def test_a_function_is_defined_by_its_signature() -> None:
    definition = define_function(get_weather)
    assert definition == {
        "type": "function",
        "name": "get_weather",
        "description": "Return the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "unit": {"type": "string", "enum": ["C", "F"], "default": "C"},
            },
            "required": ["city"],
            "additionalProperties": False,
        },
    }


def test_names_stand_for_what_the_notebook_has() -> None:
    ready = {"type": "function", "name": "ready"}
    tools = define_tools(
        ["get_weather", "other", "nobody", ready],
        {"get_weather": get_weather, "other": ready, "nobody": 3},
    )
    assert [tool if isinstance(tool, str) else tool["name"] for tool in tools] == [
        "get_weather",
        "ready",
        "nobody",
        "ready",
    ]
    assert define_tools(None, {}) is None
    assert define_tools("get_weather", {}) == "get_weather"


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Place:
    name: str
    height_m: float = 0.0


class Trip(BaseModel):
    """A way from here to there."""

    start: Place
    stops: list[Place] = Field(default_factory=list, max_length=3)
    next: Trip | None = None


class Filter(TypedDict, total=False):
    column: str
    least: int


def rich(  # noqa: PLR0913, PLR0917 -- one of each kind
    trip: Trip,
    places: list[Place],
    colour: Colour = Colour.RED,
    only: Filter | None = None,
    words: Annotated[str, "What to look for"] = "",
    rows: Annotated[int, Field(ge=1, description="How many rows")] = 5,
    share: Annotated[float, Doc("Part of the whole")] = 0.5,
    top: int = Field(3, description="The best", le=10),
    hint: str = None,  # noqa: RUF013 -- as people write it
    **more: int,
) -> None:
    """Look."""


def test_nested_types_constraints_and_descriptions() -> None:
    schema = define_function(rich)["parameters"]
    of = schema["properties"]
    assert set(schema["$defs"]) == {"Colour", "Filter", "Place", "Trip"}
    assert schema["$defs"]["Trip"]["properties"]["next"]["anyOf"][0] == {"$ref": "#/$defs/Trip"}
    assert of["trip"] == {"$ref": "#/$defs/Trip"}
    assert of["colour"] == {"$ref": "#/$defs/Colour", "default": "red"}
    assert of["words"] == {"type": "string", "description": "What to look for", "default": ""}
    assert of["rows"] == {
        "type": "integer",
        "minimum": 1,
        "description": "How many rows",
        "default": 5,
    }
    assert of["share"]["description"] == "Part of the whole"
    assert of["top"] == {"type": "integer", "maximum": 10, "description": "The best", "default": 3}
    assert {"type": "null"} in of["hint"]["anyOf"]
    assert schema["additionalProperties"] == {"type": "integer"}
    assert schema["required"] == ["trip", "places"]


def google(city, days=3, *, unit="C"):
    """Forecast the weather.

    Of one city only.

    Args:
        city (str): The city,
            in the language of the land.
        days: How many days: 1 to 7.
        unit: C or F.

    Returns:
        What will be.
    """


def numpy_style(city, days=3, *, unit="C"):
    """Forecast the weather.

    Of one city only.

    Parameters
    ----------
    city : str
        The city,
        in the language of the land.
    days
        How many days: 1 to 7.
    unit : {"C", "F"}
        C or F.

    Returns
    -------
    str
        What will be.
    """


def sphinx(city, days=3, *, unit="C"):
    """Forecast the weather.

    Of one city only.

    :param str city: The city,
        in the language of the land.
    :type city: str
    :param days: How many days: 1 to 7.
    :param unit: C or F.
    :returns: What will be.
    """


@pytest.mark.parametrize("function", [google, numpy_style, sphinx])
def test_a_docstring_describes_each_parameter_in_three_styles(function) -> None:
    definition = define_function(function)
    told = {
        name: one["description"] for name, one in definition["parameters"]["properties"].items()
    }
    assert told == {
        "city": "The city, in the language of the land.",
        "days": "How many days: 1 to 7.",
        "unit": "C or F.",
    }
    description = definition["description"]
    assert description.startswith("Forecast the weather.\n\nOf one city only.\n\n")
    assert "What will be." in description
    assert "How many days" not in description


def test_what_a_docstring_says_of_others_is_not_lost() -> None:
    def misspelt(city):
        """Tell.

        Args:
            town: Where.
            city: Which.
        """

    definition = define_function(misspelt)
    assert "town: Where." in definition["description"]
    assert definition["parameters"]["properties"]["city"]["description"] == "Which."


def test_an_annotation_s_description_wins_over_the_docstring_s() -> None:
    def both(city: Annotated[str, "from the annotation"]):
        """Tell.

        :param city: from the docstring
        """

    properties = define_function(both)["parameters"]["properties"]
    assert properties["city"]["description"] == "from the annotation"


def test_defaults_that_json_cannot_write_are_left_out() -> None:
    def odd(a=math.nan, b=math.inf, c=b"\xff", d=object):
        """Tell."""

    schema = define_function(odd)["parameters"]
    assert schema["properties"] == {"a": {}, "b": {}, "c": {}, "d": {}}
    assert "required" not in schema
    json.dumps(schema, allow_nan=False)


class Weather:
    """Not this."""

    def __call__(self, city: str) -> str:
        """Tell the weather."""
        return city

    def of(self, city: str) -> str:
        """Tell it of a city."""
        return city


def test_everything_that_can_be_called_is_a_tool() -> None:
    single = define_tools(get_weather, {})
    assert define_tools([get_weather], {}) == single
    assert single[0]["name"] == "get_weather"
    called = define_function(Weather())
    assert (called["name"], called["description"]) == ("Weather", "Tell the weather.")
    assert list(called["parameters"]["properties"]) == ["city"]
    method = define_function(Weather().of)
    assert (method["name"], list(method["parameters"]["properties"])) == ("of", ["city"])
    assert define_function(Place)["parameters"]["required"] == ["name"]


def test_what_a_partial_binds_is_not_the_model_s_to_give() -> None:
    class Database:
        pass

    def search(database: Database, words: str, limit: int = 5) -> str:
        """Search."""
        return f"{database}{words}{limit}"

    search.__annotations__ = {"database": Database, "words": str, "limit": int}
    definition = define_function(functools.partial(search, database=Database()))
    assert (definition["name"], definition["description"]) == ("search", "Search.")
    assert list(definition["parameters"]["properties"]) == ["words", "limit"]


def test_a_decorated_function_is_what_it_wraps() -> None:
    @functools.wraps(get_weather)
    def wrapper(*args: Any, **kwargs: Any) -> str:
        return get_weather(*args, **kwargs)

    assert define_function(wrapper) == define_function(get_weather)


def test_other_names_and_descriptions() -> None:
    given = define_function(lambda: 1, name="one", description="Count.")
    assert given == {
        "type": "function",
        "name": "one",
        "description": "Count.",
        "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    }

    def own() -> None:
        """Do."""

    definition = define_function(with_options(own, ToolOptions(name="theirs", description="Be.")))
    assert (definition["name"], definition["description"]) == ("theirs", "Be.")


class Strange:
    pass


class Broken:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        raise RuntimeError("no schema today")


def strange(a: int, thing: Strange):
    pass


def deep(a: int, things: dict[str, list[Strange]]):
    pass


def unknown(a: int, thing: Nowhere):  # noqa: F821 -- on purpose
    pass


def broken(a: int, thing: Broken):
    pass


def starred(a: int, *thing: int):
    pass


def placed(thing: int, /, a: int):
    pass


def late(a: int, thing: Strange.Nowhere):
    pass


def unpacked(a: int, **thing: Unpack[Filter]):
    pass


class OfOldPythons(typing.TypedDict):
    a: int


def calls(a: int, thing: type[Strange] | functools.partial[int]):
    pass


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (strange, "its parameter thing is Strange, which JSON cannot give; use str, int"),
        (deep, "its parameter things is dict[str, list[tests"),
        (unknown, "its parameter thing is annotated 'Nowhere', and name 'Nowhere' is not defined"),
        (broken, "its parameter thing is Broken, which fails: no schema today"),
        (starred, "its parameter *thing has no name that a model could give it by"),
        (placed, "its parameter thing has no name"),
        (late, "its parameter thing is annotated 'Strange.Nowhere', and type object 'Strange' has"),
        (unpacked, "its parameter **thing is unpacked from a TypedDict; write its names out"),
        (calls, "its parameter thing is type["),
    ],
)
def test_a_parameter_that_json_cannot_describe_is_named(function, told) -> None:
    with pytest.raises(ConfigError) as caught:
        define_function(function)
    text = str(caught.value)
    assert text.startswith(f"the tool {function.__name__}() cannot be described: ")
    assert told.removesuffix("tests") in text
    assert "\n" not in text


def test_a_typed_dict_of_typing_is_taken_where_python_knows_enough_of_it() -> None:
    def takes(thing: OfOldPythons):
        """Take."""

    if sys.version_info >= (3, 12):
        assert "OfOldPythons" in define_function(takes)["parameters"]["$defs"]
    else:
        with pytest.raises(
            ConfigError, match=r"thing is OfOldPythons, .* `typing_extensions.Typed"
        ):
            define_function(takes)


def test_what_has_no_signature_or_no_name_is_said() -> None:
    with pytest.raises(ConfigError, match=r"the tool dict\(\) cannot be described: no signature"):
        define_function(dict)
    with pytest.raises(ConfigError, match=r"<lambda>\(\) has a name that no model can call"):
        define_function(lambda city: city)


def test_the_openai_package_takes_the_definitions() -> None:
    for function in (get_weather, rich, google, Weather()):
        definition = define_function(function)
        assert RealtimeFunctionTool.model_validate(definition).to_dict() == definition
        taken = TypeAdapter(RealtimeToolsConfigUnionParam).validate_python(definition)
        assert taken == definition
