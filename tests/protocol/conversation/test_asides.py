"""Which responses are out of band, by the service's word or by ours."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_nb.protocol.conversation.asides import Asides
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.summary import summarise


def created(**response: Any) -> Event:
    return Event({"type": "response.created", "response": {"id": "r1", **response}})


def asked(**response: Any) -> Event:
    return Event({"type": "response.create", "response": response})


@pytest.mark.parametrize(
    ("request_", "response", "aside"),
    [
        ({}, {"conversation_id": None}, True),
        ({}, {"conversation_id": "conv_1"}, False),
        ({}, {}, False),
        ({"conversation": "none", "metadata": {"k": "1"}}, {"metadata": {"k": "1"}}, True),
        ({"conversation": "none", "metadata": {"k": "1"}}, {"metadata": {"k": "2"}}, False),
        ({"conversation": "none", "metadata": {}}, {"metadata": {}}, False),
        ({"conversation": "auto", "metadata": {"k": "1"}}, {"metadata": {"k": "1"}}, False),
    ],
)
def test_a_null_conversation_or_our_own_request_says_so(
    request_: dict[str, Any], response: dict[str, Any], *, aside: bool
) -> None:
    asides = Asides()
    asides.take("sent", asked(**request_))
    asides.take("received", created(**response))
    assert ("r1" in asides) is aside
    assert asides.tells(Event({"type": "response.output_text.delta", "response_id": "r1"})) is aside
    assert asides.tells(Event({"type": "response.done", "response": {"id": "r1"}})) is aside


@pytest.mark.parametrize("junk", [None, 3, [], {"id": 3}, {"id": ["r1"], "conversation_id": None}])
def test_junk_is_no_aside_and_does_no_harm(junk: Any) -> None:
    asides = Asides()
    asides.take("received", Event({"type": "response.created", "response": junk}))
    asides.take("sent", Event({"type": "response.create", "response": junk}))
    assert not asides.tells(Event({"type": "response.done", "response": junk}))
    assert not asides.tells(Event({"type": "x", "response_id": ["r1"]}))


def test_what_is_remembered_is_bounded() -> None:
    asides = Asides()
    for number in range(1_000):
        asides.take("sent", asked(conversation="none", metadata={"k": str(number)}))
        event = {"id": f"r{number}", "conversation_id": None}
        asides.take("received", Event({"type": "response.created", "response": event}))
    assert "r999" in asides
    assert "r0" not in asides
    assert len(asides._ids) == len(asides._asked) == 256


@pytest.mark.parametrize(
    ("kind", "response", "said"),
    [
        (
            "response.create",
            {"conversation": "none", "instructions": "Sum up"},
            "out of band · “Sum up”",
        ),
        ("response.create", {}, ""),
        (
            "response.created",
            {"conversation_id": None, "status": "in_progress"},
            "out of band · in_progress",
        ),
        ("response.done", {"conversation_id": "conv_1", "status": "completed"}, "completed"),
    ],
)
def test_the_event_table_says_what_is_out_of_band(
    kind: str, response: dict[str, Any], said: str
) -> None:
    assert summarise(Event({"type": kind, "response": response})) == said


def test_a_request_without_fields_is_summarised_too() -> None:
    assert summarise(Event({"type": "response.create"})) == ""
