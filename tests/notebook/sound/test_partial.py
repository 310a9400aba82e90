"""What is left of a request that was stopped."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.spool import PcmSpool
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.notebook.sound.partial import stopped_speech, stopped_transcript


@pytest.mark.parametrize("practice", [True, False])
def test_a_stopped_request_of_the_practice_server_is_free(practice: Any) -> None:
    spool = PcmSpool()
    spool.append(bytes(4800))
    live: Any = SimpleNamespace(progress=SimpleNamespace(transcript="Well", sound=spool))
    endpoint = Endpoint("http://127.0.0.1:1/v1", "m", "here", practice=practice)
    clip = AudioClip.silence(100, 24_000)
    for part in (
        stopped_speech(live, endpoint, "Well, well.", "alloy", "stopped"),
        stopped_transcript(live, endpoint, clip, "stopped"),
    ):
        assert part is not None
        assert part.model == ("local-demo" if practice else "m")
        assert part.cost == (0.0 if practice else None)
        assert ("free of charge" in part._repr_html_()) is practice
    spool.close()


def test_marks_that_turn_text_round_are_seen_in_a_caption() -> None:
    spool = PcmSpool()
    spool.append(bytes(4800))
    live: Any = SimpleNamespace(progress=SimpleNamespace(transcript="", sound=spool))
    endpoint = Endpoint("http://127.0.0.1:1/v1", "m", "here")
    part = stopped_speech(live, endpoint, "a \u202eb \x1b[31m", "alloy", "stopped")
    assert part is not None
    assert not {"\u202e", "\x1b"} & set(part._repr_html_())
    spool.close()
