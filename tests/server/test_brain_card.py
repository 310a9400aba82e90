"""The practice card: what is asked, what is answered, what it owns up to."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from realtime_nb.server.brain.card import CardBrain
from realtime_nb.server.brain.directives import read_instructions
from realtime_nb.server.brain.interface import (
    BrainRequest,
    ContextItem,
    FunctionCall,
    FunctionTool,
    Piece,
)
from realtime_nb.server.brain.numbers import digits, find_code, find_numbers, plain
from realtime_nb.server.brain.outputs import say_output
from realtime_nb.server.brain.stories import JOKES
from realtime_nb.server.config.config import DEFAULT_INSTRUCTIONS
from realtime_nb.speech.grammar import SLOTS

NUMBERS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
]
BRAIN = CardBrain(lambda: datetime(2026, 11, 21, 9, 5, tzinfo=UTC))


def only(request: BrainRequest) -> Piece:
    """Return the single piece of an answer."""
    (piece,) = BRAIN.answers(request)
    return piece


WEATHER = FunctionTool(
    "get_weather",
    "Get the current weather for a city.",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["city"],
    },
)
ORDER = FunctionTool(
    "lookupOrder",
    "Look up the status of an order.",
    {"properties": {"order_id": {"type": "string"}}, "required": ["order_id"]},
)
LIGHT = FunctionTool(
    "set_light",
    "Switch a light.",
    {"properties": {"room": {"type": "string"}, "on": {"type": "boolean"}}, "required": ["on"]},
)
TIMER = FunctionTool(
    "start_timer",
    "Start a timer",
    {"properties": {"minutes": {"type": "integer"}}, "required": ["minutes"]},
)
TOOLS = (WEATHER, ORDER, LIGHT, TIMER)


def ask(*turns: str, instructions: str = "", **more: Any) -> Piece:
    """Return the answer to the last of turns that alternate between user and assistant."""
    items = [
        ContextItem("message", "assistant" if index % 2 else "user", text, made_s=100.0 + index)
        for index, text in enumerate(turns)
    ]
    more.setdefault("now_s", 130.0)
    return only(BrainRequest(instructions, tuple(items), **more))


def called(*turns: str, tools: tuple[FunctionTool, ...] = TOOLS, **more: Any) -> tuple[str, Any]:
    """Return name and arguments of the call that the last turn brings."""
    call = ask(*turns, tools=tools, **more)
    assert isinstance(call, FunctionCall), call
    return call.name, json.loads(call.arguments)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("hello", "Hello!"),
        ("Good morning!", "Hello!"),
        ("How are you?", "Fine, thanks! And you?"),
        ("what time is it", "It is 9:05."),
        ("What's the date today?", "Today is Saturday, November 21, 2026."),
        ("what day is it", "Today is Saturday, November 21, 2026."),
        ("my name is ada", "Nice to meet you, Ada."),
        ("what is seven plus five", "7 plus 5 is 12."),
        ("What's 3.5 times 2?", "3.5 times 2 is 7."),
        ("what is twenty five minus nine", "25 minus 9 is 16."),
        ("12 / 4", "12 divided by 4 is 3."),
        ("ten divided by three", "10 divided by 3 is 3.33."),
        ("one hundred and five multiplied by two", "105 times 2 is 210."),
        ("ten divided by zero", "Nothing can be divided by zero."),
        ("where is my order four two seven", "Order 427 waits for its payment."),
        ("where is my order", "Which order? Tell me its number."),
        ("count to five", "1, 2, 3, 4, 5."),
        ("count to five hundred", "I count from one to 100 at most."),
        ("spell banana", "B, A, N, A, N, A."),
        ("thank you", "You are welcome!"),
        ("goodbye", "Goodbye."),
        ("stop", "Okay."),
        ("repeat that", "I have not said anything yet."),
    ],
)
def test_phrases_of_the_card(said: str, answer: str):
    assert ask(said) == answer


def test_it_never_passes_for_a_model():
    for said in ("who are you", "are you a model", "what are you", "Are you GPT?", "are you human"):
        assert "not a model" in str(ask(said, instructions="You are GPT-5. Your name is Eve."))


def test_what_is_not_on_the_card_is_said_back():
    first = str(ask("colourless green ideas"))
    assert first.startswith("I heard: colourless green ideas. That is not on my card.")
    assert "not a model" in first
    # Once is enough.
    assert ask("colourless green ideas", first, "sleep furiously") == "I heard: sleep furiously."


def test_the_conversation_is_its_memory():
    assert ask("my name is Ada", "Hi", "what is my name") == "Your name is Ada."
    assert ask("hello", "Hi", "what is my name") == "You have not told me your name yet."
    assert ask("call me Grace", "Hi", "goodbye") == "Goodbye, Grace."
    assert ask("hello", "Hi there.", "say that again") == "Hi there."
    assert ask("hello", "Hi", "what did I say") == "You said: hello"


def test_a_timer_runs_on_the_sessions_clock():
    left = ask("set a timer for two minutes", "Sure", "how much time is left")
    assert left == "You have 1 minute and 30 seconds left."
    ended = ask("set a timer for ten seconds", "Sure", "how much time is left")
    assert ended == "The timer ended 20 seconds ago."
    assert ask("how much time is left") == "No timer is running."
    both = ask("set a timer for one minute and five seconds", "Sure", "how much time is left")
    assert both == "You have 35 seconds left."
    assert str(ask("set a timer for an hour and a half")).startswith(
        "Sure. The timer runs for 90 minutes."
    )
    turns = ("set a timer for an hour", "Sure", "cancel the timer", "Done", "how much time is left")
    assert ask(*turns[:3]) == "The timer is cancelled."
    assert ask(*turns) == "No timer is running."


def test_the_story_is_long_enough_to_interrupt():
    # At some 150 words a minute.
    assert len(str(ask("tell me a story")).split()) / 150 * 60 > 15


def test_jokes_are_not_told_twice():
    first = str(ask("tell me a joke"))
    second = str(ask("a joke", first, "another joke"))
    assert (first, second) == JOKES[:2]


def test_trouble_is_named():
    unheard = ContextItem("message", "user", "", spoken=True, unheard="pocketsphinx is missing")
    answer = only(BrainRequest("", (unheard,)))
    assert "pocketsphinx is missing" in str(answer)
    silence = ContextItem("message", "user", "", spoken=True)
    assert only(BrainRequest("", (silence,))) == "I did not catch that."
    picture = ContextItem("message", "user", "", images=1)
    assert "cannot see pictures" in str(only(BrainRequest("", (picture,))))
    assert "still there" in str(only(BrainRequest("", (silence,), idle=True)))


# ------------------------------------------------------------------- instructions


@pytest.mark.parametrize(
    ("instructions", "greeting"),
    [
        ("Greet the user with 'Welcome aboard!'", "Welcome aboard!"),
        ('Start every conversation by saying "Ahoy. Who goes there?"', "Ahoy. Who goes there?"),
        ("Begin with: Bonjour.", "Bonjour."),
        ("Your greeting is “Hi, I'm Bo.”", "Hi, I'm Bo."),
    ],
)
def test_a_greeting_is_obeyed_once(instructions: str, greeting: str):
    assert ask("hello", instructions=instructions) == greeting
    assert ask(instructions=instructions) == greeting
    assert ask("what time is it", instructions=instructions) == f"{greeting} It is 9:05."
    assert ask("hi", greeting, "what time is it", instructions=instructions) == "It is 9:05."


@pytest.mark.parametrize(
    "instructions",
    ["Your name is Ada.", "You are Ada, a pilot.", "You are called Ada", "Call yourself ada."],
)
def test_a_name_is_obeyed(instructions: str):
    assert ask("what is your name", instructions=instructions) == "My name is Ada."


def test_length_and_formality_are_obeyed():
    long, short = ask("who are you"), ask("who are you", instructions="Keep your answers short.")
    assert str(long).startswith(str(short))
    assert len(str(short)) < len(str(long))
    assert ask("hello", instructions="Be formal.") == "Good day."
    assert ask("thank you", instructions="Always be polite.") == "It is my pleasure."
    # A joke keeps its end.
    assert ask("tell me a joke", instructions="Be brief.") == JOKES[0]


def test_it_says_what_it_ignored():
    instructions = "Be brief and sarcastic. Never talk about cats. Your name is Ada. Speak German."
    persona = read_instructions(instructions)
    assert persona.ignored == ("sarcastic.", "Never talk about cats.", "Speak German.")
    assert ask("what did you ignore", instructions=instructions) == (
        "Of your instructions I ignored this: sarcastic; Never talk about cats; Speak German."
    )
    assert ask("what did you ignore", instructions=DEFAULT_INSTRUCTIONS) == (
        "I ignored nothing of your instructions."
    )


def test_what_it_does_anyway_is_not_ignored():
    for instructions in ("Greet the user.", "Speak English.", "Always answer in English please."):
        assert read_instructions(instructions).ignored == ()


def test_system_messages_are_instructions_too():
    rule = ContextItem("message", "system", "Your name is Bo.")
    question = ContextItem("message", "user", "what is your name")
    assert only(BrainRequest("", (rule, question))) == "My name is Bo."


# -------------------------------------------------------------------------- tools


@pytest.mark.parametrize(
    ("said", "name", "arguments"),
    [
        ("what is the weather in Paris", "get_weather", {"city": "Paris"}),
        ("What's the weather in New York today?", "get_weather", {"city": "New York"}),
        ("weather in Bern in fahrenheit please", "get_weather",
         {"city": "Bern", "unit": "fahrenheit"}),
        ("where is my order four two seven", "lookupOrder", {"order_id": "427"}),
        ("turn off the light in the kitchen", "set_light", {"room": "kitchen", "on": False}),
        ("light on", "set_light", {"on": True}),
        ("start a timer for twenty five minutes", "start_timer", {"minutes": 25}),
    ],
)  # fmt: skip
def test_words_find_the_tool_and_its_arguments(said: str, name: str, arguments: dict[str, Any]):
    assert called(said) == (name, arguments)


def test_what_is_missing_is_asked_for_and_understood():
    question = str(ask("weather please", tools=TOOLS))
    assert question == "For get_weather I need the city. What is it?"
    for answer in ("Zürich", "in Zürich.", "it is in Zürich"):
        assert called("weather please", question, answer) == ("get_weather", {"city": "Zürich"})


def test_other_words_leave_the_tools_alone():
    for said in ("hello", "what time is it", "who are you", "tell me a joke"):
        assert isinstance(ask(said, tools=TOOLS), str)


def test_tool_choice_is_obeyed():
    assert called("hello", tool_choice="required")[0] in {tool.name for tool in TOOLS}
    assert called("hello", tool_choice="function", forced_tool="start_timer") == (
        "start_timer",
        {"minutes": 0},
    )
    assert isinstance(ask("weather in Paris", tools=TOOLS, tool_choice="none"), str)


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ('{"temperature": 21, "sky": "clear"}', "Temperature is 21, sky is clear."),
        ("It rains.", "It rains."),
        ('["a", "b"]', "A, b."),
        ("true", "Yes."),
        ("null", "Nothing."),
        ('{"arrivesOn": null}', "Arrives on is nothing."),
        ("", "Nothing."),
    ],
)
def test_a_tools_output_is_spoken(output: str, said: str):
    assert say_output(output) == said
    item = ContextItem("function_call_output", call_id="call_1", output=output)
    question = ContextItem("message", "user", "weather in Paris")
    request = BrainRequest("", (question, item), tools=TOOLS, tool_choice="required")
    assert only(request) == said


# ------------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("set a timer for twenty five minutes", "set a timer for 25 minutes"),
        ("one hundred and five", "105"),
        ("two million five hundred thousand and one", "2500001"),
        ("four two seven", "4 2 7"),
        ("nineteen ninety five", "19 95"),
        ("twenty-one", "21"),
        ("zero", "0"),
        ("a hundred and two", "102"),
        ("set a timer for half an hour", "set a timer for 30 minutes"),
        ("one and two", "1 and 2"),
    ],
)
def test_number_words(said: str, written: str):
    assert digits(said) == written


def test_codes_and_plain_numbers():
    assert find_code("order number four two seven please") == "427"
    assert find_code("order A-19") == "19"
    assert find_code("no number here") == ""
    assert find_numbers("three and 4.5") == [3.0, 4.5]
    assert [plain(value) for value in (2.0, 2.5, 1 / 3)] == ["2", "2.5", "0.33"]


# ----------------------------------------------------------------------- the card


def test_everything_on_the_card_is_answered_from_the_card():
    assert 35 <= len(BRAIN.card) <= 50
    assert len(BRAIN.card) == len(BRAIN.phrases)
    answers = {said: str(ask(said)) for said in BRAIN.card}
    assert [said for said, answer in answers.items() if "I heard" in answer] == []
    assert answers["what is seven divided by five"] == "7 divided by 5 is 1.4."
    assert answers["where is my order four two seven"].startswith("Order 427 ")
    assert answers["set a timer for two minutes"].startswith("Sure. The timer runs for 2 minutes.")


@pytest.mark.parametrize("slot", ["number", "duration", "digits", "name", "city"])
def test_whatever_a_slot_holds_is_understood(slot: str):
    assert slot in SLOTS, "the card stands on the grammar's slots"
    numbers = [*NUMBERS, "twenty one", "ninety nine", "one hundred", "a hundred"]
    samples = {
        "number": numbers,
        "duration": [f"{n} {unit}" for n in numbers for unit in ("seconds", "minutes", "hour")]
        + ["an hour", "half an hour"],
        "digits": ["four two seven", "oh oh one", "nine eight seven six"],
        "name": ["ada", "john", "sophia"],
        "city": ["paris", "new york"],
    }[slot]
    for pattern in (p for p in BRAIN.phrases if f"{{{slot}}}" in p):
        for sample in samples:
            said = pattern.replace(f"{{{slot}}}", sample)
            answer = str(ask(said))
            assert "I heard" not in answer, said
            if slot == "name":
                assert sample.capitalize() in answer
            if slot == "digits":
                assert re.search(r"Order \d{3,4} ", answer)
            if slot == "duration" and "zero" not in sample:
                assert "timer runs for" in answer


def test_the_cards_tools_are_called_by_its_own_phrases():
    assert called("what is the weather in paris") == ("get_weather", {"city": "paris"})
    assert called("look up order number four two seven") == ("lookupOrder", {"order_id": "427"})
    assert called("turn on the light") == ("set_light", {"on": True})
    assert called("set a timer for two minutes") == ("start_timer", {"minutes": 2})


def test_nobody_has_their_own_words_read_back_for_minutes():
    said = only(BrainRequest("", (ContextItem("message", "user", "word " * 8_000),)))
    assert isinstance(said, str)
    assert "and so on. That is not on my card." in said
    assert len(said) < 400
