"""Errors of a service that answer nothing we asked: shown to people, and only once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_nb.client.testing import error
from tests.bridge.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

HICCUP = error("The server had an error while processing your request", None)


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    stage.view.page_says("hello", version=1)
    stage.run()
    yield stage
    stage.close()


def notices(stage: Stage) -> list[tuple[str, str]]:
    return [(one["level"], one["text"]) for one in stage.view.of_kind("notice")]


def test_an_error_that_names_no_event_is_shown_while_a_call_waits(stage: Stage) -> None:
    call = stage.session.respond()
    stage.run()
    stage.tell(HICCUP)
    words = "The server had an error while processing your request"
    assert notices(stage) == [("warning", f"The service reports an error: {words}")]
    assert not call.done()


def test_the_same_error_again_and_again_is_one_notice(stage: Stage) -> None:
    for _ in range(50):
        stage.tell(HICCUP)
        stage.wait(1.0)
    assert len(notices(stage)) == 1
    stage.wait(60.0)
    stage.tell(HICCUP)
    assert len(notices(stage)) == 2


@pytest.mark.parametrize(
    "race",
    [
        error("Cancellation failed: no active response found", "response_cancel_not_active"),
        error("Audio content of 20ms is already shorter than 30ms"),
        error("Only model output audio messages can be truncated"),
        error("Item with item_id does not exist", "item_truncate_invalid_item_id"),
        error("Conversation already has an active response"),
    ],
)
def test_a_race_that_is_normal_is_not_shown(stage: Stage, race: dict[str, object]) -> None:
    stage.tell(race)
    assert notices(stage) == []


def test_an_error_that_answers_a_call_is_that_call_s(stage: Stage) -> None:
    call = stage.session.commit()
    stage.run()
    stage.tell(error("too small", "input_audio_buffer_commit_empty"))
    assert "too small" in str(call.exception())
    assert notices(stage) == []
