from __future__ import annotations

from realtime_nb.bridge.timing import KEPT, Timing
from realtime_nb.bridge.uplink import Uplink
from realtime_nb.protocol.events import Event
from tests.bridge.fakes import FakeSession


def test_the_newest_turns_are_kept() -> None:
    timing = Timing(Uplink(FakeSession()))
    for number in range(KEPT + 5):
        stopped = {"type": "input_audio_buffer.speech_stopped", "item_id": f"item{number}"}
        timing.event(Event(stopped), 0.0, None)
    assert len(timing.turns) == KEPT
    assert timing.turns[-1].item_id == f"item{KEPT + 4}"
