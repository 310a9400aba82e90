from __future__ import annotations

from typing import Literal

import pytest

from realtime_nb.errors import ConfigError
from realtime_nb.protocol.tool_definitions import define_function, define_tools


def get_weather(city: str, unit: Literal["C", "F"] = "C") -> str:
    """Return the weather of a city."""
    return f"{city} {unit}"


def test_a_function_is_defined_by_its_signature() -> None:
    definition = define_function(get_weather)
    assert definition["name"] == "get_weather"
    assert definition["description"] == "Return the weather of a city."
    parameters = definition["parameters"]
    assert parameters["properties"]["city"]["type"] == "string"
    assert parameters["properties"]["unit"]["enum"] == ["C", "F"]
    assert parameters["required"] == ["city"]


def test_names_stand_for_what_the_notebook_has() -> None:
    ready = {"type": "function", "name": "ready"}
    tools = define_tools(
        ["get_weather", "other", "nobody", ready],
        {
            "get_weather": get_weather,
            "other": ready,
            "nobody": 3,
        },
    )
    assert [tool if isinstance(tool, str) else tool["name"] for tool in tools] == [
        "get_weather",
        "ready",
        "nobody",
        "ready",
    ]
    assert define_tools(None, {}) is None
    assert define_tools("get_weather", {}) == "get_weather"


def test_what_json_cannot_describe_is_said() -> None:
    class Strange:
        pass

    def bad(thing: Strange) -> None:
        """Take what no model can give."""

    bad.__annotations__ = {"thing": Strange}
    with pytest.raises(ConfigError, match=r"the tool bad\(\) cannot be described"):
        define_function(bad)
    with pytest.raises(ConfigError, match="without names"):
        define_function(lambda *args: args)


class Weather:
    """Not this."""

    def __call__(self, city: str) -> str:
        """Tell the weather."""
        return city


def test_functions_themselves_and_objects_that_can_be_called() -> None:
    function, called, single = (
        define_tools([get_weather], {}),
        define_tools([Weather()], {}),
        define_tools(get_weather, {}),
    )
    assert function == single
    assert function[0]["name"] == "get_weather"
    assert called[0]["description"] == "Tell the weather."
    assert list(called[0]["parameters"]["properties"]) == ["city"]
