from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, field_validator

from realtime_nb.errors import ConfigError
from realtime_nb.protocol.tools.arguments import BadArguments, read_arguments


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Place:
    name: str
    height_m: float = 0.0


class Trip(BaseModel):
    places: list[Place]


def plan(
    trip: Trip, on: dt.date, colour: Colour = Colour.RED, *, days: Annotated[int, Field(ge=1)] = 2
):
    """Plan."""


def test_values_are_what_the_function_takes() -> None:
    text = '{"trip":{"places":[{"name":"Oslo"}]},"on":"2026-01-02","colour":"blue","days":"3"}'
    assert read_arguments(plan, text) == {
        "trip": Trip(places=[Place("Oslo")]),
        "on": dt.date(2026, 1, 2),
        "colour": Colour.BLUE,
        "days": 3,
    }


def test_what_was_not_given_is_the_function_s_own_default() -> None:
    own: list[int] = []

    def keeps(first=own, second: int = Field(7)):
        """Keep."""

    assert read_arguments(keeps, "{}") == {"second": 7}
    assert read_arguments(keeps, '{"first":[1]}') == {"first": [1], "second": 7}


@pytest.mark.parametrize("text", ["", "  ", "{}", "null"])
def test_no_arguments_may_be_written_in_many_ways(text) -> None:
    def simple(unit: str = "C"):
        """Do."""

    assert read_arguments(simple, text) == {}


def test_names_of_no_parameter_go_where_the_function_takes_them() -> None:
    def takes(**more: int):
        """Take."""

    assert read_arguments(takes, '{"a":1,"b":"2"}') == {"a": 1, "b": 2}
    with pytest.raises(BadArguments, match='`b` was "x": input should be a valid integer'):
        read_arguments(takes, '{"b":"x"}')


def weather(city: str, unit: Literal["C", "F"] = "C", days: Annotated[int, Field(le=7)] = 1):
    """Tell."""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "the arguments are no JSON (unexpected end of data"),
        ("Oslo", "the arguments are no JSON"),
        ('{"city":"\\ud800"}', "the arguments are no JSON"),
        ("[1]", "the arguments are [1]; write a JSON object of them by name"),
        ('"Oslo"', 'the arguments are "Oslo"; write'),
        ("{}", "`city` is missing"),
        ('{"city":3}', "`city` was 3: input should be a valid string"),
        ('{"city":null}', "`city` was null: input should be"),
        ('{"city":"x","unit":"K"}', "`unit` was \"K\": input should be 'C' or 'F'"),
        ('{"city":"x","days":9}', "`days` was 9: input should be less than or equal to 7"),
        ('{"city":"x","day":9}', "`day` is no argument of it; did you mean 'days'?"),
        ('{"city":"x","else":9}', "`else` is no argument of it; there are city, unit, days"),
        ('{"unit":1,"days":"x"}', "`city` is missing; `unit` was 1: input should be 'C' or 'F'; "),
        ("[" * 100_000, "the arguments are no JSON"),
        ('{"city":' + "9" * 5000 + "}", "the arguments are no JSON (number is infinity"),
        ('{"city":"x\u202e","unit":"\\u0000"}', "`unit` was "),
    ],
)
def test_a_model_is_told_what_to_mend(text, told) -> None:
    with pytest.raises(BadArguments) as caught:
        read_arguments(weather, text)
    said = str(caught.value)
    assert said.startswith(f"weather(): {told}")
    assert caught.value.tool == "weather"
    assert len(said) < 600
    assert "\n" not in said


def test_many_mistakes_are_told_in_short() -> None:
    given = ",".join(f'"a{place}":1' for place in range(50))
    with pytest.raises(BadArguments) as caught:
        read_arguments(weather, f"{{{given}}}")
    assert str(caught.value).endswith("; 46 more of the kind")


def test_mistakes_inside_are_told_by_their_path() -> None:
    with pytest.raises(BadArguments, match=r"`trip.places\[0\].name` is missing"):
        read_arguments(plan, '{"trip":{"places":[{}]},"on":"2026-01-02"}')


def test_what_a_model_of_the_author_s_says_stands_in_one_line() -> None:
    class Picky(BaseModel):
        size: int

        @field_validator("size")
        @classmethod
        def small(cls, size: int) -> int:
            if size > 3:
                raise ValueError("too large\nby far" + "!" * 1000)
            return size

    def takes(thing):
        """Take."""

    takes.__annotations__ = {"thing": Picky}
    with pytest.raises(BadArguments) as caught:
        read_arguments(takes, '{"thing":{"size":9}}')
    said = str(caught.value)
    assert said.startswith("takes(): `thing.size` was 9: value error, too large by far!")
    assert len(said) < 400


def test_a_function_without_parameters_says_so() -> None:
    def none():
        """Do."""

    with pytest.raises(BadArguments, match="`city` is no argument of it; it takes none"):
        read_arguments(none, '{"city":"Oslo"}')


def test_what_cannot_be_described_cannot_be_read() -> None:
    class Strange:
        pass

    def bad(thing: Strange):
        """Take."""

    bad.__annotations__ = {"thing": Strange}
    with pytest.raises(ConfigError, match="its parameter thing is Strange"):
        read_arguments(bad, "{}")
