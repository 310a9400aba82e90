"""Usage as a frame and the bill: per response, per transcript, per turn, in total."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_nb.inspection import Talk
from realtime_nb.inspection.cost.usage_table import TURN_USAGE_COLUMNS, USAGE_COLUMNS, bill, usage
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog

HEARD = "conversation.item.input_audio_transcription.completed"
# The example of OpenAI's guide to costs, see tests/protocol/test_cost.py: 0.0072056.
GUIDE = {
    "total_tokens": 253,
    "input_tokens": 132,
    "output_tokens": 121,
    "input_token_details": {
        "text_tokens": 119,
        "audio_tokens": 13,
        "image_tokens": 0,
        "cached_tokens": 64,
        "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}
GUIDE_USD = 0.0072056


class Story:
    def __init__(self, model="gpt-realtime-2.1", transcriber="gpt-transcribe", **talk: Any) -> None:
        self.log = EventLog()
        self._talk = talk
        audio = {"input": {"transcription": {"model": transcriber}}}
        self.add("session.created", session={"type": "realtime", "model": model, "audio": audio})

    def add(self, kind: str, **fields: Any) -> None:
        event = Event({"type": kind, **fields})
        self.log.append("received", event, t_ms=10.0 * len(self.log), size=50)

    def turn(self, number: int, told: Any, *, heard: Any = None, status="completed") -> None:
        user = {"id": f"u{number}", "type": "message", "role": "user", "content": []}
        self.add("conversation.item.added", item=user)
        if heard is not None:
            self.add(HEARD, item_id=f"u{number}", content_index=0, transcript="So.", usage=heard)
        rid = f"r{number}"
        said = {"id": f"a{number}", "type": "message", "role": "assistant", "content": []}
        self.add("response.created", response={"id": rid})
        self.add("response.output_item.added", response_id=rid, item=said)
        self.add("response.done", response={"id": rid, "status": status, "usage": told})

    def talk(self) -> Talk:
        return Talk(self.log, Conversation.replay(self.log), **self._talk)


@pytest.fixture
def two_turns() -> Story:
    story = Story()
    story.turn(1, GUIDE, heard={"type": "duration", "seconds": 4})
    story.turn(2, GUIDE, heard={"type": "duration", "seconds": 2}, status="cancelled")
    return story


def test_a_row_for_each_thing_billed_with_its_turn(two_turns: Story) -> None:
    df = usage(two_turns.talk()).df
    assert list(df.columns) == list(USAGE_COLUMNS) == list(df.attrs["columns"])
    assert df[["kind", "id", "turn", "status"]].values.tolist() == [
        ["transcription", "u1", 1, "completed"],
        ["response", "r1", 1, "completed"],
        ["transcription", "u2", 2, "completed"],
        ["response", "r2", 2, "cancelled"],
    ]
    # 4 s and 2 s at 0.0045 a minute
    assert df.usd.tolist() == pytest.approx([0.0003, GUIDE_USD, 0.00015, GUIDE_USD])
    assert df.text_in.tolist()[1] == 119
    assert df.text_cached.tolist()[1] == 64
    assert df.seconds.tolist()[0] == 4
    assert two_turns.log[int(df.seq[1])].event.get("response.id") == "r1"


def test_turn_by_turn(two_turns: Story) -> None:
    df = usage(two_turns.talk()).by_turn
    assert list(df.columns) == list(TURN_USAGE_COLUMNS)
    assert df.turn.tolist() == [1, 2]
    assert df.usd.tolist() == pytest.approx([GUIDE_USD + 0.0003, GUIDE_USD + 0.00015])
    assert df.responses.tolist() == df.transcriptions.tolist() == [1, 1]
    assert df.audio_out.tolist() == [91, 91]


def test_the_bill_adds_up_line_by_line(two_turns: Story) -> None:
    found = bill(two_turns.talk(), budget_usd=0.5)
    assert found.usd == pytest.approx(2 * GUIDE_USD + 0.00045)
    assert sum(line.usd or 0 for line in found.lines) == pytest.approx(found.usd)
    by_name = {(line.model, line.name): line for line in found.lines}
    assert by_name["gpt-realtime-2.1", "text in"].count == 2 * 55
    assert by_name["gpt-realtime-2.1", "text in, cached"].count == 2 * 64
    assert by_name["gpt-realtime-2.1", "audio out"].usd == pytest.approx(2 * 5824e-6)
    assert by_name["gpt-transcribe", "minutes of sound"].count == pytest.approx(0.1)
    for shown in (repr(found), found._repr_html_()):
        assert "$0.0149" in shown
        assert "as of 2026" in shown
        assert "$0.50" in shown


def test_what_is_unknown_is_missing_in_frames_and_said_in_the_bill() -> None:
    story = Story("gpt-of-tomorrow")
    story.turn(1, GUIDE, heard={"type": "duration", "seconds": 60})
    story.turn(2, None)
    table = usage(story.talk())
    assert table.df.usd.isna().tolist() == [False, True, True]
    assert table.by_turn.usd.isna().tolist() == [True, True]
    assert table.by_turn.known_usd.tolist() == pytest.approx([0.0045, 0])
    found = bill(story.talk())
    assert found.usd is None
    assert found.known_usd == pytest.approx(0.0045)
    for shown in (repr(found), found._repr_html_()):
        assert "$0.0045 + unknown" in shown
        assert "no price is known of gpt-of-tomorrow" in shown
        assert "the service told no usage" in shown


def test_practice_is_free_and_says_so() -> None:
    story = Story("local-demo", practice=True)
    story.turn(1, GUIDE, heard={"type": "duration", "seconds": 60})
    found = bill(story.talk())
    assert found.usd == 0
    assert "cost: free" in repr(found)
    assert "free of charge" in found._repr_html_()


def test_an_empty_talk_has_cost_nothing() -> None:
    found = bill(Talk(EventLog(), Conversation()))
    assert (found.usd, found.lines) == (0, ())
    assert "$0.00" in repr(found)
    assert len(usage(Talk(EventLog(), Conversation())).df) == 0


def test_a_log_that_has_let_go_of_events_claims_no_total(two_turns: Story) -> None:
    two_turns.log.dropped_records = 7
    found = bill(two_turns.talk())
    assert found.usd is None
    assert "7 events" in repr(found)


def test_names_from_a_service_are_no_markup() -> None:
    name = "<img src=x onerror=alert(1)>\u202e\x1b[31m"
    story = Story(name, transcriber=name)
    story.turn(1, GUIDE, heard={"type": "duration", "seconds": 60})
    table = usage(story.talk())
    for shown in (bill(story.talk())._repr_html_(), table._repr_html_()):
        assert "<img" not in shown
        assert "&lt;img" in shown
        assert "\x1b" not in shown
        assert "\u202e" not in shown
    assert "\u202e" not in repr(bill(story.talk()))
    assert "\x1b" not in repr(bill(story.talk()))
