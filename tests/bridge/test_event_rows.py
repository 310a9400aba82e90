from __future__ import annotations

import base64
import threading
from typing import Any

import numpy as np
import pytest

from realtime_nb.bridge import event_rows
from realtime_nb.bridge.event_rows import EventRows
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.log.event_log import LEAST_BYTES, EventLog
from tests.audio.harness_wav import decode_wav


class Asker:
    """A page, and the answers it got."""

    def __init__(self, log: EventLog) -> None:
        self.answers: list[tuple[str, dict[str, Any], tuple[bytes, ...], str]] = []
        self.came = threading.Event()
        self.rows = EventRows(log, "talk", self._take)

    def _take(self, client: str, message: dict[str, Any], buffers: Any) -> None:
        thread = threading.current_thread().name
        self.answers.append((client, message, tuple(bytes(one) for one in buffers), thread))
        self.came.set()

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        self.came.clear()
        self.rows.ask("page", {"kind": kind, "id": len(self.answers), "client": "page", **fields})
        assert self.came.wait(20)
        client, message, _, _ = self.answers[-1]
        assert (client, message["kind"], message["id"]) == ("page", kind, len(self.answers) - 1)
        return message


def put(log: EventLog, direction: Any, **data: Any) -> None:
    log.append(direction, Event(data), t_ms=10.0 * len(log), size=10)


def pcm(samples: Any) -> str:
    return base64.b64encode(np.asarray(samples, "<i2").tobytes()).decode()


def test_rows_come_from_another_thread_and_for_this_page_only() -> None:
    log = EventLog()
    for i in range(30):
        put(log, "received", type="response.done", response={"id": f"r{i}"})
    asker = Asker(log)
    page = asker.ask("rows", filter={"text": "r2"}, start=0, stop=5, unfolded=["x"])
    assert [row["response"] for row in page["rows"]] == ["r2", "r20", "r21", "r22", "r23"]
    assert (page["total"], page["events"], page["behind"]) == (11, 30, False)
    assert page["kinds"] == [["response.done", 30]]
    assert asker.answers[-1][3] != threading.current_thread().name
    assert asker.ask("rows", around=17, count=4)["at"] == 17


def test_a_long_log_is_answered_before_all_of_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_rows, "_CATCH_UP_S", 0.0)
    log = EventLog()
    for _ in range(2000):
        put(log, "received", type="x")
    asker = Asker(log)
    first = asker.ask("rows", start=-5, stop=None)
    assert first["behind"] is True
    assert 0 < first["total"] < 2000
    totals = [asker.ask("rows", start=-5, stop=None)["total"] for _ in range(20)]
    assert totals[-1] == 2000


def test_an_event_is_shown_without_its_sound_and_copied_whole() -> None:
    log = EventLog()
    sound = pcm([5] * 100)
    put(log, "sent", type="input_audio_buffer.append", event_id="e1", audio=sound)
    put(log, "sent", type="input_audio_buffer.append", event_id="e2", audio=sound)
    put(log, "received", type="error", error={"message": "x" * 5000, "event_id": "e1"})
    asker = Asker(log)
    shown = asker.ask("event", seq=0, whole=False)
    assert sound not in shown["json"]
    assert '"<200 bytes of sound>"' in shown["json"]
    assert (shown["sound"], shown["error"], shown["cut"]) == (400, 2, False)
    assert asker.ask("event", seq=0, alone=True)["sound"] == 200
    error = asker.ask("event", seq=2, whole=False)
    assert (error["answers"], error["cut"], error["python"]) == (0, True, "")
    assert "x" * 5000 not in error["json"]
    whole = asker.ask("event", seq=2, whole=True)
    assert "x" * 5000 in whole["json"]
    assert whole["python"].startswith("event = {'type': 'error'")
    assert asker.ask("event", seq=99)["gone"] is True


@pytest.mark.parametrize("form", ["audio/pcm", "audio/pcmu"])
def test_the_sound_of_a_run_is_a_wav(form: str) -> None:
    log = EventLog()
    session = {"audio": {"output": {"format": {"type": form}}}}
    put(log, "received", type="session.updated", session=session)
    delta = (
        pcm([1000] * 240) if form == "audio/pcm" else base64.b64encode(bytes([50] * 80)).decode()
    )
    for _ in range(4):
        put(log, "received", type="response.output_audio.delta", item_id="a", delta=delta)
    asker = Asker(log)
    told = asker.ask("event_sound", seq=1)
    samples, rate = decode_wav(asker.answers[-1][2][0])
    assert rate == 24_000
    assert (len(samples), told["ms"], told["whole"]) == (960, 40, True)
    assert np.abs(samples[200:-200]).min() > 0.01
    asker.ask("event_sound", seq=2, alone=True)
    alone, _ = decode_wav(asker.answers[-1][2][0])
    assert len(alone) == 240


def test_a_sound_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_rows, "SOUND_S", 0.02)
    log = EventLog()
    for _ in range(4):
        put(log, "received", type="response.output_audio.delta", delta=pcm([1] * 240))
    asker = Asker(log)
    told = asker.ask("event_sound", seq=0)
    assert (told["ms"], told["whole"]) == (20, False)


def test_nonsense_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    log = EventLog()
    put(log, "received", type="x")
    asker = Asker(log)
    asker.rows.ask("page", {"kind": "drop table"})
    asker.rows.ask("page", {"kind": ["rows"]})
    asker.rows.ask("page", {"kind": "rows", "id": 0, "start": [], "stop": "x", "unfolded": 5})
    asker.rows.ask("page", {"kind": "event", "id": 0, "seq": "0"})
    event_rows._worker.submit(int).result(20)
    assert [message.get("gone") for _, message, _, _ in asker.answers] == [None, True]
    assert asker.ask("rows", start=0, stop=1)["total"] == 1
    assert caplog.records == []


def test_who_asks_too_much_is_not_answered() -> None:
    log = EventLog()
    put(log, "received", type="x")
    asker = Asker(log)
    gate = threading.Event()
    event_rows._worker.submit(gate.wait)
    for i in range(1000):
        asker.rows.ask("page", {"kind": "rows", "id": i, "start": 0, "stop": 1})
    gate.set()
    event_rows._worker.submit(int).result(20)
    assert len(asker.answers) == 100


def test_a_page_is_told_where_a_row_is_now_and_of_which_log() -> None:
    log = EventLog(max_bytes=50 * LEAST_BYTES)
    for i in range(50):
        put(log, "received", type="response.done", response={"id": f"r{i}"})
    asker = Asker(log)
    page = asker.ask("rows", start=10, stop=12, anchor=20)
    assert (page["rows"][0]["seq"], page["at"]) == (10, 20)
    for i in range(15):
        put(log, "received", type="response.done", response={"id": f"q{i}"})
    later = asker.ask("rows", start=10, stop=12, anchor=20)
    assert (later["rows"][0]["seq"], later["at"], later["dropped"]) == (25, 5, 15)
    assert asker.ask("rows", start=10, stop=12, anchor=14)["at"] is None
    assert asker.ask("rows", start=0, stop=1, filter={"response": "q3"}, anchor=20)["at"] is None
    assert later["log"] == page["log"]
    other = EventLog()
    put(other, "received", type="x")
    assert Asker(other).ask("rows", start=0, stop=1)["log"] != page["log"]


def test_a_question_that_fails_is_answered_so(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EventLog()
    put(log, "received", type="x")
    asker = Asker(log)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(event_rows, "event_json", fail)
    assert asker.ask("event", seq=0)["failed"] == event_rows.FAILED
    assert "could not be answered" in caplog.text


@pytest.mark.parametrize(
    "session",
    [True, [1], {"audio": 5}, {"audio": {"output": {"format": "x"}}}]
    + [{"audio": {"output": {"format": {"type": kind, "rate": "x"}}}} for kind in ([], {}, 1e300)],
)
def test_sound_of_a_session_that_makes_no_sense_is_taken_for_pcm(session: Any) -> None:
    log = EventLog()
    put(log, "received", type="session.created", session=session)
    put(log, "received", type="response.output_audio.delta", delta=pcm([1] * 240))
    assert Asker(log).ask("event_sound", seq=1)["ms"] == 10
