"""A WebRTC call with the practice server, the page being one of aiortc: a whole story."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

pytest.importorskip("aiortc")

from realtime_nb.bridge.recording.recorder import Recorder
from realtime_nb.bridge.recording.recording import make_recording
from realtime_nb.client import LocalServer, RealtimeSession, resolve_endpoint
from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.transport.page_transports import DirectTransport, WebRTCTransport
from realtime_nb.client.transport.transports import SidebandTransport
from realtime_nb.inspection.archive.saving import read, save
from realtime_nb.inspection.talk import Talk
from realtime_nb.inspection.timeline.view import timeline
from realtime_nb.protocol.conversation.playback import Playback
from tests.client.rtc_page import RtcPage

CONFIG = {"instructions": "Be brief.", "output_modalities": ["audio"]}
SAID = "input_audio_buffer.append", "response.output_audio.delta"


@pytest.fixture(scope="module")
def endpoint():
    yield resolve_endpoint("local")
    LocalServer.stop_shared()


class NoMarks:
    """An uplink that carries nothing: the sound runs on the call."""

    def mark_at(self, _audio_ms):
        return None


async def until(condition, within_s=20):
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 -- what is waited for lives on another thread
            await asyncio.sleep(0.01)


def types(session):
    return [record.event.type for record in session.log]


async def gone(page):
    await asyncio.wrap_future(
        asyncio.run_coroutine_threadsafe(page.gone(), BackgroundLoop.shared()._loop)
    )


async def test_a_call_is_talked_on_joined_saved_and_hung_up(endpoint, tmp_path):
    page = RtcPage()
    session = page.session = RealtimeSession(endpoint, CONFIG, transport=WebRTCTransport(page))
    recorder = Recorder(session, Playback(), NoMarks(), lambda: True)
    recorder.start()
    await session.open()
    assert session.call_id.startswith("rtc_")
    assert session.effective["instructions"] == "Be brief."
    said = await session.say("Good morning")
    await until(lambda: "output_audio_buffer.stopped" in types(session))

    joined = RealtimeSession(endpoint, transport=SidebandTransport(session.call_id))
    await joined.open()
    await joined.update({"instructions": "Be kind."})
    await until(lambda: session.effective["instructions"] == "Be kind.")
    await joined.close()
    assert session.state == "open"  # leaving a call does not end it

    assert "session.update" not in types(session)
    assert not set(SAID) & set(types(session))
    [(item_id, _)] = recorder.notes().parts
    item = session.conversation.item(item_id)
    assert item.text == said.text
    assert 200 < item.audio_ms < 5_000

    talk = Talk(session.log, session.conversation, recorder.notes())
    await session.hang_up()
    assert (session.state, session.failure) == ("closed", None)
    await gone(page)

    recording = make_recording(talk.notes, talk.log, talk.conversation)
    [turn] = recording.turns
    assert (turn.role, turn.text) == ("assistant", said.text)
    assert np.abs(turn.audio.samples).max() > 0.05
    line = timeline(talk)
    assert {"audible", "silent"} <= {mark.kind for mark in line.marks}
    assert line.turns[0].audible_ms is not None

    again = read(save(talk, tmp_path / "call")).talk
    same = make_recording(again.notes, again.log, again.conversation)
    assert np.array_equal(same.stereo.samples, recording.stereo.samples)
    assert [one.text for one in same.turns] == [one.text for one in recording.turns]


async def test_a_page_that_calls_by_itself_has_no_key_and_ends_with_its_page(endpoint):
    page = RtcPage()
    session = page.session = RealtimeSession(endpoint, CONFIG, transport=DirectTransport(page))
    await session.open()
    assert page.posted == [(f"{endpoint.base_url}/realtime/calls", 201)]
    assert session.effective["instructions"] == "Be brief."
    assert (await session.say("Good morning")).status == "completed"
    assert session.call_id.startswith("rtc_")
    BackgroundLoop.shared().post(page.reload)
    await until(lambda: session.state == "failed")
    assert "run the cell again" in str(session.failure)
    await gone(page)
