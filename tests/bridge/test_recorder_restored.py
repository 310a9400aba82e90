"""A recorder that follows a talk over the loss of its connection notes what lies where once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.bridge import Bridge
from realtime_nb.bridge.recording.recorder import Recorder
from realtime_nb.bridge.recording.recording import make_recording
from realtime_nb.bridge.timing import Timing
from realtime_nb.protocol.events import Event
from realtime_nb.protocol.restored.restored import successor_event
from tests.bridge.fakes import FakeLoop, FakeSession, FakeView
from tests.protocol.restored_talk import Talk, Turn, cut, whole

if TYPE_CHECKING:
    import numpy as np

TURNS = (
    Turn("voice", ("one",), ("two", "three"), lead=2, speech=5),
    Turn("voice", ("two",), ("three",), lead=1, speech=3),
)


def _recorded(talk: Talk) -> tuple[list[tuple[float, float | None]], np.ndarray]:
    """Return where the turns of a talk lie, and the user's sound without its pauses."""
    session = FakeSession()
    bridge = Bridge(session, FakeView(), loop=FakeLoop())
    recorder = Recorder(session, bridge.playback, bridge.uplink, lambda: False)
    recorder.start()
    for record in talk.log:
        # As sound is spoken, a frame every 100 ms.
        session.pass_event(record.direction, record.event.data, record.seq * 100.0)
    notes = recorder.notes()
    recording = make_recording(notes, session.log, session.conversation)
    left = recording.stereo.samples[:, 0]
    assert recording.lost_ms == 0
    return list(notes.turns.values()), left[left != 0]


@pytest.mark.parametrize("place", [1, 3, 5, 8, 9, 10, 12, 16, 24, 30])
async def test_each_turn_and_each_sample_is_there_once(place: int) -> None:
    turns, sound = _recorded(whole(TURNS))
    again, heard = _recorded(cut(TURNS, place))
    assert again == turns
    assert heard.tobytes() == sound.tobytes()


async def test_the_end_of_speech_is_sought_where_the_new_session_counts_from() -> None:
    asked: list[float] = []

    class Uplink:
        def mark_at(self, audio_ms: float) -> Any:
            asked.append(audio_ms)

    timing = Timing(Uplink())  # pyright: ignore[reportArgumentType] -- all that it asks
    stopped = Event({"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 900})
    detection = {"silence_duration_ms": 200}
    timing.event(stopped, 0.0, detection)
    timing.event(successor_event(1, items=(), audio_ms=4000.0, resent_ms=500.0), 1.0, None)
    timing.event(stopped, 2.0, detection)
    assert asked == [700.0, 4700.0]
