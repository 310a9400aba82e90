from __future__ import annotations

import base64
from typing import Any

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log import EventLog
from realtime_nb.protocol.rows import RowFeed, fold


def logged(*events: dict[str, Any]) -> EventLog:
    log = EventLog()
    for data in events:
        log.append("received", Event(data), t_ms=0.0, size=10)
    return log


def words(text: str, item_id: str = "a") -> dict[str, Any]:
    return {
        "type": "response.output_audio_transcript.delta",
        "item_id": item_id,
        "delta": text,
    }


def sound(count: int, item_id: str = "a") -> dict[str, Any]:
    payload = base64.b64encode(bytes(count)).decode()
    return {"type": "response.output_audio.delta", "item_id": item_id, "delta": payload}


def test_runs_of_deltas_are_one_row_also_when_they_interleave() -> None:
    rows = fold(logged(words("Hel"), sound(100), words("lo"), sound(50), words(" you")))
    assert [(r["seq"], r["count"], r["summary"], r["size"]) for r in rows] == [
        (0, 3, "Hello you", 30),
        (1, 2, "150 bytes of sound", 20),
    ]


def test_another_event_or_another_item_ends_a_run() -> None:
    done = {"type": "response.output_audio.done", "item_id": "a"}
    rows = fold(logged(words("a"), words("b", "b"), done, words("c")))
    assert [row["summary"] for row in rows] == ["a", "b", "", "c"]


def test_a_row_handed_out_does_not_change() -> None:
    feed = RowFeed()
    log = logged(words("a"), words("b"))
    first = feed.add(log[0])
    second = feed.add(log[1])
    assert (first["summary"], second["summary"]) == ("a", "ab")
    assert first["seq"] == second["seq"]


def test_a_folded_text_is_bounded() -> None:
    rows = fold(logged(*[words("x" * 1000) for _ in range(100)]))
    assert len(rows) == 1
    assert len(rows[0]["summary"]) <= 120
