"""What the timeline's pages ask for, and what they are given."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from realtime_nb.inspection.talk import Talk
from realtime_nb.inspection.timeline.view import LONGEST_PIECE_MS, Timeline
from realtime_nb.protocol.conversation.reducer import Conversation
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.protocol.log.id import log_id
from realtime_nb.widget import TimelineWidget
from realtime_nb.widget.timeline import MAX_WAITING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 60


def one_minute() -> EventLog:
    log = EventLog()
    frame = np.random.default_rng(3).integers(-9000, 9000, 24_000).astype("<i2").tobytes()
    for second in range(SECONDS):
        event = Event({"type": "input_audio_buffer.append", "audio": encoded(frame)})
        log.append("sent", event, t_ms=1000.0 * (second + 1), size=len(frame))
    log.append(
        "received",
        Event({"type": "error", "error": {"message": "<b>\ud800\u202e"}}),
        t_ms=5,
        size=9,
    )
    return log


def encoded(sound: bytes) -> str:
    import base64  # noqa: PLC0415 -- only here

    return base64.b64encode(sound).decode()


class Page:
    """Takes what the widget sends, on whichever thread it does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log = one_minute()
        self.talk = Talk(self.log, Conversation(), name="a talk")
        self.sent: list[tuple[dict[str, Any], list[bytes]]] = []
        self._more = threading.Condition()
        monkeypatch.setattr(TimelineWidget, "send", self._take)
        self.widget = TimelineWidget(lambda: Timeline(self.talk))

    def _take(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        json.dumps(content, allow_nan=False, ensure_ascii=False).encode()
        with self._more:
            self.sent.append((content, buffers))
            self._more.notify_all()

    def asks(self, **question: Any) -> None:
        self.widget._handle_custom_msg({"client": "page", "id": 1, **question}, [])

    def hears(self, count: int = 1) -> tuple[dict[str, Any], list[bytes]]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.sent) >= count, 20)
            return self.sent[count - 1]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    made = Page(monkeypatch)
    yield made
    made.widget.close()
    made.widget.close()


def test_a_page_is_given_marks_and_turns_and_no_sound(page: Page) -> None:
    page.asks(kind="hello")
    whole, buffers = page.hears()
    assert (whole["kind"], whole["to"], whole["chat"]) == ("timeline", "page", "a talk")
    assert whole["log"] == log_id(page.widget.timeline.log)
    assert whole["duration_ms"] == SECONDS * 1000
    assert [mark["label"] for mark in whole["marks"]] == ["<b>\ufffd\ufffd"]
    assert buffers == []
    assert len(json.dumps(whole)) < 10_000


def test_waveforms_come_as_a_pair_a_column(page: Page) -> None:
    page.asks(kind="peaks", from_ms=0, to_ms=SECONDS * 1000, columns=300)
    _, (user, assistant) = page.hears()
    pairs = np.frombuffer(user, "<i2").reshape(-1, 2)
    assert pairs.shape == (300, 2)
    assert (pairs[:, 1] > 5000).all()
    assert not np.frombuffer(assistant, "<i2").any()
    # However many a page asks for, and however little sense it makes.
    page.asks(kind="peaks", from_ms=float("nan"), to_ms="x", columns=10**9)
    _, (user, _) = page.hears(2)
    assert len(user) <= 4 * 4096


def test_sound_comes_in_bounded_pieces(page: Page) -> None:
    page.asks(kind="sound", from_ms=1000, to_ms=1500)
    answer, (sound,) = page.hears()
    assert (answer["from_ms"], answer["rate"]) == (1000, 24_000)
    assert len(sound) == 4 * 12_000
    page.asks(kind="sound", from_ms=0, to_ms=1e12)
    _, (sound,) = page.hears(2)
    assert len(sound) == 4 * 24 * LONGEST_PIECE_MS


def test_an_event_is_placed_and_one_that_is_gone_is_not(page: Page) -> None:
    for number, (seq, t_ms) in enumerate(((3, 4000.0), (10**6, None), ("x", None)), start=1):
        page.asks(kind="place", seq=seq)
        assert page.hears(number)[0]["t_ms"] == t_ms


def test_a_refresh_shows_what_has_come_since(page: Page) -> None:
    page.log.append("received", Event({"type": "error", "error": {}}), t_ms=61_000, size=9)
    page.asks(kind="hello")
    page.asks(kind="refresh")
    assert [len(page.hears(n)[0]["marks"]) for n in (1, 2)] == [1, 2]
    page.widget.refresh()
    assert page.hears(3)[0]["to"] is None


def test_nonsense_and_failures_do_not_end_it(
    page: Page, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    page.widget._handle_custom_msg("hello", [])
    page.widget._handle_custom_msg({"kind": "hello"}, [])
    page.asks(kind="dance")
    with monkeypatch.context() as patch:
        patch.setattr(Timeline, "clip", lambda *_: 1 / 0)
        page.asks(kind="sound", from_ms=0, to_ms=5)
        told, _ = page.hears()
    assert told["kind"] == "failed"
    assert "ZeroDivisionError" in caplog.text
    page.asks(kind="hello")
    assert page.hears(2)[0]["kind"] == "timeline"


def test_questions_that_wait_are_bounded(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()
    work: Callable[..., Any] = page.widget._work
    monkeypatch.setattr(page.widget, "_work", lambda message: free.wait(20) and work(message))
    for _ in range(MAX_WAITING + 1):
        page.asks(kind="hello")
    told, _ = page.hears()
    assert told["kind"] == "failed"
    free.set()
    page.hears(MAX_WAITING + 1)


def test_what_is_saved_is_the_picture(page: Page) -> None:
    bundle = page.widget._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/html"].startswith("<img alt=")
    assert "application/vnd.jupyter.widget-view+json" in data
    state = json.dumps(page.widget.get_state(), default=str)
    assert "a talk" not in state.replace(page.widget._esm, "")
    assert repr(page.widget).startswith("<Timeline: 60.00 s")
