from __future__ import annotations

import base64

import numpy as np
import pytest

from realtime_nb.audio.g711 import alaw_encode, ulaw_encode
from realtime_nb.client.testing import response_done, spoken
from realtime_nb.client.turns.response import Response
from realtime_nb.protocol.events import Event

PCM = (np.sin(np.arange(2400) / 20) * 12000).astype("<i2").tobytes()


def read(events):
    parsed = [Event(event) for event in events]
    deltas = tuple(event for event in parsed if event.type.endswith("delta"))
    return Response.from_events(parsed[-1], deltas)


def delta(pcm):
    return Event({"type": "response.output_audio.delta", "delta": base64.b64encode(pcm).decode()})


def test_words_sound_cost_and_items():
    response = read(spoken(None, "Good morning.", pcm=PCM, response_id="resp_1", item_id="item_1"))
    assert response.text == "Good morning."
    assert (response.id, response.status, response.item_ids) == ("resp_1", "completed", ("item_1",))
    assert response.usage == {"total_tokens": 30, "input_tokens": 20, "output_tokens": 10}
    assert response.status_details is None
    assert response.audio.pcm16() == PCM
    assert response.audio.rate == 24_000
    assert response.audio is response.audio


def test_the_sound_is_only_decoded_when_asked_for():
    event = delta(PCM)
    Response.from_events(Event(response_done(None, "r")), (event,))
    assert not isinstance(event._audio, bytes)


@pytest.mark.parametrize(
    ("kind", "encode"), [("audio/pcmu", ulaw_encode), ("audio/pcma", alaw_encode)]
)
def test_g711_comes_at_8_khz(kind, encode):
    done = response_done(None, "r", audio={"output": {"format": {"type": kind}}})
    samples = np.frombuffer(PCM, "<i2")
    response = Response.from_events(Event(done), (delta(encode(samples)),))
    assert response.audio.rate == 8000
    assert len(response.audio) == len(samples)
    assert np.abs(response.audio.samples - samples / 32768).max() < 0.02


def test_another_rate_of_pcm():
    done = response_done(
        None, "r", audio={"output": {"format": {"type": "audio/pcm", "rate": 48000}}}
    )
    assert Response.from_events(Event(done), (delta(PCM),)).audio.rate == 48_000


def test_an_odd_byte_at_the_end_is_left_out():
    response = Response.from_events(Event(response_done(None, "r")), (delta(PCM[:7]),))
    assert response.audio.pcm16() == PCM[:6]


def test_text_only():
    item = {"id": "i", "type": "message", "content": [{"type": "output_text", "text": "Yes."}]}
    response = Response.from_events(Event(response_done(None, "r", output=[item])))
    assert response.text == "Yes."
    assert response.audio is None
    assert repr(response) == "<Response completed: 'Yes.'>"
    assert response._repr_html_() == "<div>Yes.</div>"


def test_the_words_of_a_cancelled_response_may_be_in_the_deltas_only():
    words = [
        Event({"type": "response.output_audio_transcript.delta", "delta": d})
        for d in ("Once ", "upon")
    ]
    done = response_done(None, "r", status="cancelled", status_details={"type": "cancelled"})
    response = Response.from_events(Event(done), tuple(words))
    assert response.text == "Once upon"
    assert response.status_details == {"type": "cancelled"}


@pytest.mark.parametrize(
    "output", [None, [], [None], ["odd"], [{"type": "message"}], [{"id": "i", "content": 3}]]
)
def test_whatever_the_service_leaves_out(output):
    response = Response.from_events(
        Event({"type": "response.done", "response": {"output": output}})
    )
    assert response.text == ""
    assert response.usage is None


def test_what_the_model_says_is_escaped():
    response = read(spoken(None, "<script>alert(1)</script>", pcm=PCM))
    shown = response._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert shown.count("alert(1)") == 1
    assert "<audio" in shown


def test_the_repr_is_one_line():
    response = read(spoken(None, "word\n" * 100))
    assert "\n" not in repr(response)
    assert len(repr(response)) < 160
