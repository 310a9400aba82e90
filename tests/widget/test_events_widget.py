from __future__ import annotations

import threading
from typing import Any

import pytest

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import EventLog
from realtime_nb.widget import EventsWidget, events_widget


@pytest.fixture
def log() -> EventLog:
    log = EventLog()
    log.append("received", Event({"type": "x", "text": "canary"}), t_ms=0, size=1)
    return log


def test_a_page_is_answered_and_no_other(log: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    came = threading.Event()
    sent: list[tuple[Any, Any]] = []

    def send(_widget: Any, content: Any, buffers: Any = None) -> None:
        sent.append((content, buffers))
        came.set()

    monkeypatch.setattr(EventsWidget, "send", send)
    widget = EventsWidget(log, "talk")
    widget._handle_custom_msg({"kind": "rows", "id": 3, "start": 0, "stop": 9}, [])
    widget._handle_custom_msg("nonsense", [])
    page = {"kind": "rows", "id": 3, "client": "page", "start": 0, "stop": 9}
    widget._handle_custom_msg(page, [])
    assert came.wait(20)
    assert [(content["to"], content["id"], content["total"]) for content, _ in sent] == [
        ("page", 3, 1)
    ]
    widget.close()


def test_nothing_of_the_log_is_in_what_is_saved(log: EventLog) -> None:
    widget = EventsWidget(log, "talk")
    assert widget.get_state()["_chat"] == "talk"
    assert "canary" not in str({**widget.get_state(), "_esm": "", "_css": ""})
    assert "text/plain" not in widget.view()
    widget.close()


def test_a_log_has_one_widget_as_long_as_that_lives(log: EventLog) -> None:
    widget = events_widget(log)
    assert events_widget(log) is widget
    widget.close()
    again = events_widget(log)
    assert again is not widget
    again.close()
