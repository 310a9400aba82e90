"""What the service states that it takes no more of is refused here, in one line, or split."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from realtime_nb.client.outgoing import prepare
from realtime_nb.client.resources import InputAudioBufferResource
from realtime_nb.client.service_limits import LARGEST_APPEND
from realtime_nb.errors import UsageError

APPEND = "input_audio_buffer.append"


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"type": "response.cancel", "event_id": "x" * 513}, "513 characters.* 512; leave it out"),
        ({"type": APPEND, "audio": "A" * (16 << 20)}, "16 MiB of sound.*15 MiB at once; send it"),
        (
            {"type": "response.create", "response": {"metadata": {f"k{n}": "" for n in range(17)}}},
            "17 pairs, and takes 16",
        ),
        ({"type": "response.create", "response": {"metadata": {"k" * 65: ""}}}, "64 characters"),
        ({"type": "response.create", "response": {"metadata": {"k": "v" * 513}}}, "513.*takes 512"),
        ({"type": "x", "a": eval("[" * 80 + "]" * 80)}, None),  # noqa: S307 -- brackets
    ],
)  # fmt: skip
def test_what_is_over_a_limit_is_refused(event: dict[str, Any], told: str | None):
    if told is None:
        assert prepare(event).event.type == "x"
        return
    with pytest.raises(UsageError, match=told) as refused:
        prepare(event)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


def test_an_event_nested_without_end_is_refused():
    deep: Any = None
    for _ in range(200):
        deep = [deep]
    with pytest.raises(UsageError, match=r"x cannot be sent: .*128 levels"):
        prepare({"type": "x", "a": deep})


async def test_sound_over_the_limit_goes_in_several_events():
    class Sender:
        def __init__(self) -> None:
            self.sent: list[Any] = []

        async def send(self, event: Any) -> None:
            self.sent.append(prepare(event).event)

    sender = Sender()
    sound = bytes(range(256)) * 4 * 2**10 * 24
    await InputAudioBufferResource(sender).append(audio=sound, event_id="event_1")
    assert [len(event.data["audio"]) <= LARGEST_APPEND for event in sender.sent] == [True] * 3
    assert [event.event_id for event in sender.sent] == ["event_1", None, None]
    parts = [base64.b64decode(event.data["audio"]) for event in sender.sent]
    assert b"".join(parts) == sound
    assert all(len(part) % 2 == 0 for part in parts)
    await InputAudioBufferResource(sender).append(audio=b"")
    assert sender.sent[-1].data == {"type": APPEND, "audio": ""}
