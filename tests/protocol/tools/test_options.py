from __future__ import annotations

import functools
import math

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.protocol.tools.options import ToolOptions, options_of, with_options


def test_a_function_carries_its_options_and_stays_what_it_is() -> None:
    def look() -> int:
        return 3

    options = ToolOptions(approve=True, timeout_s=math.inf, on_interrupt="finish")
    assert with_options(look, options) is look
    assert (look(), options_of(look)) == (3, options)
    assert options_of(print) == options_of(None) == ToolOptions()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"timeout_s": 0}, "timeout_s= is 0; write seconds above 0"),
        ({"timeout_s": math.nan}, "timeout_s= is nan"),
        ({"timeout_s": True}, "timeout_s= is True"),
        ({"timeout_s": "60"}, "timeout_s= is '60'"),
        ({"on_interrupt": "stop"}, "on_interrupt= is 'stop'; write 'cancel' or 'finish'"),
        ({"approve": "yes"}, "approve= is 'yes'; write True or False"),
        ({"main": None}, "main= is None"),
        ({"name": "get weather"}, "no tool can be called 'get weather'; use 1 to 64 letters"),
        ({"name": ""}, "no tool can be called ''"),
        ({"description": 3}, "description= is 3; write a text"),
    ],
)
def test_an_option_that_cannot_be_is_told_at_once(given, told) -> None:
    with pytest.raises(UsageError) as caught:
        ToolOptions(**given)
    assert told in str(caught.value)


def test_what_can_carry_no_options_is_told() -> None:
    with pytest.raises(UsageError, match="method objects carry no options; write a function"):
        with_options("".join, ToolOptions())
    assert with_options(functools.partial(int), ToolOptions(name="whole"))
