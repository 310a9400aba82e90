"""Functions over data: which are called, with what, how many, and how their outputs are told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from realtime_nb.server.brain.card import CardBrain
from realtime_nb.server.brain.interface import BrainRequest, ContextItem, FunctionCall, FunctionTool
from realtime_nb.server.brain.outputs import say_output
from realtime_nb.server.brain.schemas import plain_rule, properties

Json = dict[str, Any]

BRAIN = CardBrain()
COLUMNS = {"$ref": "#/$defs/Column"}
DEFS = {"Column": {"enum": ["price", "rating", "city"], "type": "string"}}


def tool(name: str, description: str, needed: tuple[str, ...] = (), **rules: Any) -> FunctionTool:
    schema = {"type": "object", "properties": rules, "required": list(needed), "$defs": DEFS}
    return FunctionTool(name, description, schema)


TABLE = (
    tool("mean_by", "The average of a column for each group.", ("column", "by"),
         column=COLUMNS, by=COLUMNS),
    tool("top_rows", "The rows with the highest values of a column.", ("column",),
         column=COLUMNS, n={"type": "integer", "default": 5}),
    tool("plot_column", "Plot a column.", ("column",), column={"type": "string"},
         kind={"anyOf": [{"enum": ["bar", "line"], "type": "string"}, {"type": "null"}]}),
    tool("statistics", "Statistics of columns: count, mean, max.", ("columns", "what"),
         columns={"type": "array", "items": COLUMNS},
         what={"enum": ["mean", "max", "count"], "type": "string"}),
    tool("get_weather", "Get the weather for a city.", ("city",), city={"type": "string"}),
    tool("get_time", "Get the local time of a place.", ("place",), place={"type": "string"}),
)  # fmt: skip


def pieces(said: str, instructions: str = "", **more: Any) -> list[Any]:
    item = ContextItem("message", "user", said)
    return BRAIN.answers(BrainRequest(instructions, (item,), tools=TABLE, **more))


def calls(said: str) -> list[tuple[str, Json]]:
    found = pieces(said)
    assert all(isinstance(piece, FunctionCall) for piece in found), found
    return [(piece.name, json.loads(piece.arguments)) for piece in found]


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("what is the average price by city", "mean_by", {"column": "price", "by": "city"}),
        ("the mean rating per city please", "mean_by", {"column": "rating", "by": "city"}),
        ("show me the top three rows by rating", "top_rows", {"column": "rating", "n": 3}),
        ("which rows have the highest price", "top_rows", {"column": "price"}),
        ("plot the price as a bar chart", "plot_column", {"column": "price", "kind": "bar"}),
        ("draw a chart of the rating", "plot_column", {"column": "rating"}),
        ("statistics of price and rating: how many", "statistics",
         {"columns": ["price", "rating"], "what": "count"}),
    ],
)  # fmt: skip
def test_questions_about_a_table(said: str, name: str, arguments: Json):
    assert calls(said) == [(name, arguments)]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("weather in Paris and local time in Rome",
         [("get_weather", {"city": "Paris"}), ("get_time", {"place": "Rome"})]),
        ("what is the weather in Paris and in Rome",
         [("get_weather", {"city": "Paris"}), ("get_weather", {"city": "Rome"})]),
        ("what is the weather in Paris and Rome and Bern?",
         [("get_weather", {"city": city}) for city in ("Paris", "Rome", "Bern")]),
        ("average price by city and then plot the rating",
         [("mean_by", {"column": "price", "by": "city"}), ("plot_column", {"column": "rating"})]),
        ("weather and local time in Rome",
         [("get_weather", {"city": "Rome"}), ("get_time", {"place": "Rome"})]),
        ("weather in Paris and weather in Paris", [("get_weather", {"city": "Paris"})]),
    ],
)  # fmt: skip
def test_two_wishes_are_two_calls(said: str, expected: Any):
    assert calls(said) == expected


def test_what_no_wish_holds_is_asked_for():
    (asked,) = pieces("weather and how are you")
    assert asked == "For get_weather I need the city. What is it?"


@pytest.mark.parametrize(
    ("instructions", "preamble"),
    [
        ('Before any tool call say "One moment." Be brief.', "One moment."),
        ("Use a short preamble.", "Let me look."),
        ("Always say 'Just a second!' before you call a function.", "Just a second!"),
    ],
)
def test_a_preamble_comes_before_the_calls(instructions: str, preamble: str):
    first, *rest = pieces("weather in Paris and local time in Rome", instructions)
    assert first == preamble
    assert [call.name for call in rest] == ["get_weather", "get_time"]
    assert pieces("hello", instructions) != [preamble]


def test_an_mcp_server_may_be_forced():
    docs = FunctionTool("search", "Search.", {}, "docs")
    other = FunctionTool("search", "Search.", {}, "other")
    item = ContextItem("message", "user", "hello")
    choice = {"tool_choice": "function", "forced_server": "other"}
    for name in ("", "search"):
        (call,) = BRAIN.answers(
            BrainRequest("", (item,), tools=(docs, other), forced_tool=name, **choice)  # type: ignore[arg-type]
        )
        assert isinstance(call, FunctionCall)
        assert call.server == "other"
    nothing = BRAIN.answers(
        BrainRequest("", (item,), tools=(docs,), tool_choice="function", forced_tool="search")
    )
    assert isinstance(nothing[0], str), "a function is forced, and there is none of that name"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ('[{"city":"Paris","price":2.5},{"city":"Rome","price":3}]',
         "2 rows: city is Paris, price is 2.5; city is Rome, price is 3."),
        (json.dumps([{"n": i} for i in range(9)]),
         "9 rows: n is 0; n is 1; n is 2; and 6 more."),
        (json.dumps(list(range(9))), "0, 1, 2, 3, 4, 5, and 3 more."),
        ('{"result": 0.123456, "notes": ["shortened"]}', "0.12."),
        ('{"status": "cancelled", "error": "the user spoke"}',
         "The call was cancelled: the user spoke."),
        ('{"status": "failed", "error": "KeyError: x"}', "That did not work: KeyError: x."),
        ('{"error": "no such page"}', "That did not work: no such page."),
        ("1e300", "1" + "0" * 15),
        ("NaN", "Not a number."),
        ("1234567.891", "1234567.89."),
    ],
)  # fmt: skip
def test_outputs_are_said_shortly(output: str, said: str):
    assert say_output(output).startswith(said)
    assert len(say_output("word " * 10_000)) < 330


def context(*items: tuple[str, str, str]) -> BrainRequest:
    made = [ContextItem("message", "user", "weather in Paris and Rome")]
    for kind, call_id, text in items:
        if kind == "call":
            made.append(ContextItem("function_call", name=text, call_id=call_id))
        else:
            made.append(ContextItem("function_call_output", call_id=call_id, output=text))
    return BrainRequest("", tuple(made), tools=TABLE)


def test_outputs_are_said_in_the_order_of_their_calls():
    request = context(("call", "a", "one"), ("call", "b", "two"), ("out", "b", "Rain"),
                      ("out", "a", "Sun"))  # fmt: skip
    assert BRAIN.answers(request) == ["Sun. Rain."]


def test_a_missing_output_is_not_made_up():
    assert BRAIN.answers(context(("call", "a", "get_weather"))) == [
        "I am still waiting for what get_weather gives."
    ]


def test_rules_are_told_plainly():
    rules = properties(
        {
            "properties": {
                "deep": {"$ref": "#/$defs/Loop"},
                "one": {"const": 3},
                "either": {"type": ["null", "string"]},
                "odd": "no schema",
            },
            "$defs": {"Loop": {"properties": {"again": {"$ref": "#/$defs/Loop"}}}},
        }
    )
    assert rules["one"]["enum"] == [3]
    assert rules["either"]["type"] == "string"
    assert rules["odd"] == {}
    assert "again" in rules["deep"]["properties"]
    assert plain_rule({"$ref": "#/$defs/None"}) == {}


def test_a_schema_that_refers_to_itself_many_times_over_is_told_soon():
    reference = {"$ref": "#/$defs/A"}
    rules = {"type": "object", "properties": {f"p{i}": reference for i in range(30)}}
    definitions = {"A": {"anyOf": [rules, *[reference] * 20]}}
    # Thirty to the eighth rules, if each were told.
    found = properties({"properties": {"q": reference}, "$defs": definitions})
    assert set(found) == {"q"}


@pytest.mark.parametrize(
    "rule",
    [
        *({"type": kind} for kind in ({}, 5, [{}], [["x"]], [], None, True)),
        *({"enum": choices} for choices in (5, {}, "ab", [{}], [[1]], None, [])),
        *({"anyOf": parts} for parts in (5, [5], [{"type": {}}], [{"enum": 5}], {})),
        {"type": "array", "items": 5},
        {"type": "array", "items": {"enum": 5, "type": {}}},
        {"type": "object", "properties": 5},
        {"type": "object", "properties": {"a": {"type": {}}}, "required": [{}]},
        {"$ref": 5},
        {"$ref": "#/$defs/none"},
        {"const": {}},
        5,
    ],
    ids=str,
)
@pytest.mark.parametrize("choice", ["auto", "required"])
def test_a_schema_that_is_none_fails_no_response(rule: Any, choice: Any):
    schema = {"type": {}, "properties": {"a": rule, "b": {"type": "integer"}}, "required": ["a"]}
    tool = FunctionTool("find_order", "Find an order.", schema)
    item = ContextItem("message", "user", "find the order number 5 in Paris, on")
    (said,) = BRAIN.answers(BrainRequest("", (item,), tools=(tool,), tool_choice=choice))
    assert isinstance(said, FunctionCall) or "For find_order I need the a" in said


def test_rules_inside_one_another_without_end_fail_no_response():
    rule: Json = {"type": "integer"}
    for _ in range(900):
        rule = {"anyOf": [rule]}
    for _ in range(900):
        rule = {"type": "array", "items": rule}
    tool = FunctionTool("find_order", "Find an order.", {"properties": {"a": rule}})
    item = ContextItem("message", "user", "find the order")
    (call,) = BRAIN.answers(BrainRequest("", (item,), tools=(tool,)))
    assert isinstance(call, FunctionCall)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("find order four two seven", 427),
        ("find the order number four oh seven please", 407),
        ("find order 4 2 7.", 427),
        ("find order four hundred twenty seven", 427),
        ("find order twenty five", 25),
        ("find order 427", 427),
        ("find order 7", 7),
    ],
)
def test_digits_said_one_by_one_are_one_number(said: str, number: int):
    schema = {"properties": {"order": {"type": "integer"}}, "required": ["order"]}
    tool = FunctionTool("find_order", "Find an order.", schema)
    item = ContextItem("message", "user", said)
    (call,) = BRAIN.answers(BrainRequest("", (item,), tools=(tool,)))
    assert isinstance(call, FunctionCall)
    assert json.loads(call.arguments) == {"order": number}
