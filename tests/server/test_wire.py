"""The checker of events must itself refuse what is wrong."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.server.fakes import Stage, virtual
from tests.server.wire import check_event


def scene() -> dict[str, dict[str, Any]]:
    """Return one true event of each type of a spoken turn."""
    seen: dict[str, dict[str, Any]] = {}

    @virtual
    async def play():
        async with Stage(texts=["hi"]) as stage:
            await stage.append(800, loud=True)
            await stage.append(300, loud=False)
            await stage.until("rate_limits.updated")
            seen.update({event["type"]: event for event in stage.events})

    play()
    return seen


EVENTS = scene()


@pytest.mark.parametrize("kind", EVENTS)
def test_a_true_event_passes_and_no_field_may_be_missing_or_added(kind: str):
    check_event(EVENTS[kind])
    for field in EVENTS[kind]:
        wrong = {key: value for key, value in EVENTS[kind].items() if key != field}
        with pytest.raises((AssertionError, KeyError)):
            check_event(wrong)
    with pytest.raises(AssertionError):
        check_event({**EVENTS[kind], "surplus": 1})


WRONG: list[tuple[str, tuple[Any, ...], Any]] = [
    ("session.created", ("session", "audio", "output", "format", "rate"), 8000),
    ("session.created", ("session", "voice"), "ash"),
    ("session.created", ("session", "audio", "input", "turn_detection", "type"), "vad"),
    ("response.done", ("response", "status"), "finished"),
    ("response.done", ("response", "usage", "total_tokens"), "12"),
    ("response.done", ("response", "usage", "tokens"), 12),
    ("response.content_part.added", ("part", "type"), "output_audio"),
    ("response.output_item.added", ("item", "object"), "realtime.item"),
    ("response.output_item.added", ("output_index",), "0"),
    ("response.output_audio.delta", ("response_id",), "resp_short"),
    ("conversation.item.done", ("item", "content", 0, "type"), "audio"),
    ("input_audio_buffer.speech_started", ("audio_start_ms",), 1.5),
    ("rate_limits.updated", ("rate_limits", 0, "name"), "cookies"),
]


@pytest.mark.parametrize(("kind", "path", "value"), WRONG)
def test_a_wrong_value_does_not_pass(kind: str, path: tuple[Any, ...], value: Any):
    event = copy.deepcopy(EVENTS[kind])
    holder: Any = event
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    with pytest.raises((AssertionError, ValueError)):
        check_event(event)
