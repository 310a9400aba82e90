"""The small parts: buffer, clauses, captions, outbox, ids, formats, words of errors."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.server import outbox as outboxes
from realtime_nb.server.answers.clauses import ClauseSplitter
from realtime_nb.server.answers.speech_stream import Captions, SpokenClause, Voice
from realtime_nb.server.audio_format import PCM_24K, WireFormat
from realtime_nb.server.door.admission import is_loopback, presented_key
from realtime_nb.server.ears.input_buffer import InputBuffer
from realtime_nb.server.emitter import Emitter, obfuscation
from realtime_nb.server.outbox import Outbox
from realtime_nb.server.wire_errors import WireError, listed, out_of_range, type_name

FORMATS = [PCM_24K, WireFormat("audio/pcmu", 8000), WireFormat("audio/pcma", 8000)]


# -------------------------------------------------------------------- input buffer


@given(
    st.sampled_from(FORMATS),
    st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.integers(0, 5000)),
            st.tuples(st.just("take"), st.floats(-50, 700), st.floats(-50, 700)),
            st.tuples(st.just("clear")),
            st.tuples(st.just("keep"), st.floats(0, 100)),
        ),
        max_size=20,
    ),
)
def test_the_buffers_clock_never_goes_back(wire_format: WireFormat, steps: list[Any]):
    buffer = InputBuffer(wire_format)
    appended = 0
    for step in steps:
        if step[0] == "append":
            buffer.append(bytes(step[1] * wire_format.sample_bytes))
            appended += step[1]
        elif step[0] == "take":
            start, end = (buffer.start_ms + at for at in step[1:])
            held = buffer.duration_ms
            taken = buffer.take(start, end)
            assert len(taken) % wire_format.sample_bytes == 0
            assert wire_format.ms(len(taken)) <= held
        elif step[0] == "clear":
            buffer.clear()
            assert buffer.duration_ms == 0
        else:
            buffer.keep_last(step[1])
        assert buffer.end_ms == pytest.approx(appended * 1000 / wire_format.rate)


def test_take_gives_just_what_was_asked_for():
    buffer = InputBuffer(WireFormat("audio/pcmu", 8000))
    buffer.append(bytes(range(200)))
    assert buffer.take(5, 10) == bytes(range(40, 80))
    assert buffer.start_ms == 10
    assert buffer.take(0, 11) == bytes(range(80, 88))
    assert buffer.take(20, 99) == bytes(range(160, 200))


def test_an_hour_is_all_that_it_holds():
    buffer = InputBuffer(WireFormat("audio/pcmu", 8000))
    for _ in range(6):
        buffer.append(bytes(8000 * 600))
    with pytest.raises(WireError, match="60 minutes"):
        buffer.append(b"\0")


# ------------------------------------------------------------------------- clauses


@given(st.lists(st.text("ab .,!?\n35"), max_size=30))
def test_clauses_join_to_the_text(pieces: list[str]):
    splitter = ClauseSplitter()
    clauses = [clause for piece in pieces for clause in splitter.feed(piece)]
    assert "".join([*clauses, splitter.flush()]) == "".join(pieces)
    assert all(clauses)
    assert splitter.flush() == ""


def test_clauses_end_where_one_breathes():
    splitter = ClauseSplitter()
    text = "Hello. It costs 3.5 euros! “Really?” she asked, and"
    assert splitter.feed(text) == ["Hello. ", "It costs 3.5 euros! ", "“Really?” "]
    assert splitter.flush() == "she asked, and"
    long = "a rather long clause that goes on and on without end until a comma comes, and then"
    assert splitter.feed(long) == [long[:-8]]
    splitter.flush()
    assert max(map(len, splitter.feed("word " * 200))) <= 240
    splitter.flush()
    assert max(map(len, splitter.feed("x" * 1000))) <= 240


# ------------------------------------------------------------------------ captions


def word(offset: int, audio_ms: float) -> Any:
    return SimpleNamespace(text_offset=offset, length=1, audio_ms=audio_ms)


def test_words_come_with_their_sound():
    captions = Captions(" Hello, big world! ", skip=1)
    captions.know([word(0, 0.0), word(7, 300.0)])
    assert captions.until(100) == " Hello, "
    assert captions.until(200) == ""
    # Where the newest word ends is not known yet.
    assert captions.until(400) == ""
    captions.know([word(11, 600.0), word(11, 700.0)])
    assert captions.until(400) == "big "
    captions.complete()
    assert captions.until(650) == "world! "
    assert captions.rest() == ""


@given(st.text(min_size=1, max_size=40), st.lists(st.integers(0, 60)), st.lists(st.floats(0, 9)))
def test_captions_join_to_the_text(text: str, offsets: list[int], times: list[float]):
    captions = Captions(text)
    captions.know([word(offset, index) for index, offset in enumerate(offsets)])
    given_out = "".join(captions.until(at) for at in sorted(times))
    assert given_out + captions.rest() == text


async def test_an_abandoned_clause_ends_at_its_next_chunk():
    class Endless:
        rate, name, closed = 24_000, "endless", False

        def say(self, _text: str, **_kwargs: Any) -> Any:
            try:
                while True:
                    time.sleep(0.001)
                    yield SimpleNamespace(pcm=np.zeros(240, np.int16), words=())
            finally:
                self.closed = True

    speaker: Any = Endless()
    with ThreadPoolExecutor(1) as executor:
        voice = Voice(speaker, executor, "alloy", 1.0, PCM_24K)
        with SpokenClause("a", voice) as clause:
            assert await clause.block(50) == bytes(2400)
    # The executor's end waits for the job's: it would never come.
    assert speaker.closed


# -------------------------------------------------------------------------- outbox


async def test_the_outbox_holds_answers_back_and_lets_them_go(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outboxes, "HIGH_WATER", 100)
    monkeypatch.setattr(outboxes, "LOW_WATER", 40)
    outbox = Outbox(limit=200)
    await outbox.room()
    for _ in range(2):
        assert outbox.put(bytes(60))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(outbox.room(), 0.01)
    assert not outbox.put(bytes(81))
    assert outbox.size == 120
    for _ in range(2):
        outbox.sent(await outbox.get())
    await outbox.room()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(outbox.get(), 0.01)


# --------------------------------------------------------------------------- others


def test_event_ids_are_unique_and_shaped_as_on_the_wire():
    seen: list[dict[str, Any]] = []
    emitters = [Emitter(seen.append) for _ in range(20)]
    for emit in emitters:
        for _ in range(200):
            emit("x", a=1)
    ids = [event["event_id"] for event in seen]
    assert len(set(ids)) == 4000
    assert {len(event_id) for event_id in ids} == {len("event_") + 21}
    assert list(seen[0]) == ["type", "event_id", "a"]


def test_obfuscation_is_11_to_14_characters():
    assert {len(obfuscation()) for _ in range(300)} == {11, 12, 13, 14}


@pytest.mark.parametrize("wire_format", FORMATS)
def test_formats_count_whole_samples(wire_format: WireFormat):
    assert WireFormat.from_wire(wire_format.to_wire()) == wire_format
    for ms in (0, 1, 20, 100 / 3, 333.333):
        size = wire_format.size(ms)
        assert size % wire_format.sample_bytes == 0
        assert 0 <= ms - wire_format.ms(size) <= 1000 / wire_format.rate + 1e-6
    samples = np.array([0, 1000, -1000, 32767], np.int16)
    assert np.abs(wire_format.decode(wire_format.encode(samples)) - samples).max() <= 700


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True), ("LocalHost", True), ("x.localhost", True), ("127.0.0.1", True),
        ("127.8.8.8", True), ("::1", True), ("example.com", False), ("10.0.0.1", False),
        ("localhost.example.com", False), ("8.8.8.8", False), ("", False), (None, False),
    ],
)  # fmt: skip
def test_this_computer(host: str | None, local: bool):  # noqa: FBT001 -- a table's column
    assert is_loopback(host) is local


def test_keys_are_found_where_clients_put_them():
    assert presented_key({"Authorization": "Bearer abc"}, ()) == "abc"
    assert presented_key({"Authorization": "bearer  abc "}, ()) == "abc"
    assert presented_key({"Authorization": "Basic abc"}, ()) is None
    assert presented_key({}, ["realtime", "openai-insecure-api-key.abc"]) == "abc"
    assert presented_key({}, ["realtime"]) is None


def test_the_words_of_errors():
    assert listed(["a"]) == "'a'"
    assert listed(["a", "b"]) == "'a' and 'b'"
    assert listed(["a", "b", "c"]) == "'a', 'b', and 'c'"
    names = [type_name(value) for value in (None, True, 1, 1.5, "x", [], {})]
    assert names == [
        "null", "a boolean", "an integer", "a decimal", "a string", "an array", "an object",
    ]  # fmt: skip
    assert out_of_range("x", 1, low=5, high=9).code == "integer_below_min_value"
    assert out_of_range("x", 2.0, low=0.25, high=1.5).code == "decimal_above_max_value"
