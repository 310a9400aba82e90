"""Which sound goes out again to a session that follows a lost one."""

from __future__ import annotations

import pytest

from realtime_nb.client.endpoints.endpoint import Endpoint, revived
from realtime_nb.client.local import LocalServer
from realtime_nb.client.outbox import Outbox
from realtime_nb.client.restoring.held_sound import HeldSound, Mark
from realtime_nb.protocol.events import Event

FRAME_MS = 40
FRAME = 1920


def frame(number):
    return bytes([number % 251]) * FRAME


def held_with(count, most_ms=30_000.0):
    held = HeldSound(most_ms, 500.0, lambda: held.now_s)
    held.now_s = 0.0
    speak(held, 0, count)
    return held


def speak(held, first, last):
    """Send frames as fast as they are spoken, each with a sign of life behind it."""
    for number in range(first, last):
        held.sent(frame(number), number * FRAME_MS, (number + 1) * FRAME_MS)
        held.alive(held.now_s)
        held.now_s += FRAME_MS / 1000


def tell(held, kind, **fields):
    held.received(Event({"type": f"input_audio_buffer.{kind}", **fields}))


def place(held, *, detects=True, by_hand=False, room_ms=30_000.0):
    return held.place_ms(detects=detects, by_hand=by_hand, room_ms=room_ms)


def test_without_a_turn_it_is_the_last_half_second_but_nothing_committed():
    held = held_with(50)
    assert place(held) == 1500
    tell(held, "speech_started", item_id="i", audio_start_ms=1000)
    tell(held, "speech_stopped", item_id="i", audio_end_ms=1800)
    assert place(held) == 1000  # not committed: it would be lost
    tell(held, "committed", item_id="i")
    assert place(held) == 1800
    assert len(held.of_item("i")) == 800 * 48


def test_what_was_sent_after_the_last_sign_of_life_may_not_have_been_heard():
    held = held_with(50)
    for number in range(50, 100):
        held.sent(frame(number), number * FRAME_MS, (number + 1) * FRAME_MS)
    assert place(held) == 1500


def test_sound_of_a_microphone_that_was_off_long_before_the_break_does_not_go_out_again():
    held = held_with(50)
    held.now_s += 0.2
    held.alive(held.now_s)
    assert place(held) == 2000 - 280  # as far as it is no older than half a second
    held.now_s += 14.0
    held.alive(held.now_s)  # typed turns were answered
    assert place(held) == 2000
    tell(held, "speech_started", item_id="i", audio_start_ms=1000)
    assert place(held) == 1000  # a turn that nobody has ended yet


def test_what_went_out_again_counts_from_when_it_did():
    held = held_with(50)
    held.now_s += 10.0
    held.began(1500)
    held.sent(frame(0), 2000, 2000)
    held.now_s += 0.2
    held.alive(held.now_s)
    assert place(held) == 1500
    held.now_s += 5.0
    held.alive(held.now_s)
    assert place(held) == 2000
    held.not_sent()
    assert place(held) == 1500


def test_by_hand_it_is_all_since_the_last_commit_with_those_that_have_no_answer():
    held = held_with(10)
    held.asked(Event({"type": "input_audio_buffer.commit", "event_id": "e1"}), 400.0)
    assert place(held, detects=False, by_hand=True) == 0
    tell(held, "committed", item_id="i")
    assert place(held, detects=False, by_hand=True) == 400
    assert held.of_item("i") == b"".join(frame(n) for n in range(10))
    held.sent(frame(10), 400.0, 440.0)
    held.asked(Event({"type": "input_audio_buffer.commit", "event_id": "e2"}), 440.0)
    held.sent(frame(11), 440.0, 480.0)
    again = list(held.since(place(held, detects=False, by_hand=True)))
    assert again == [frame(10), Mark("e2", "input_audio_buffer.commit", 440.0), frame(11)]


def test_a_clear_forgets_what_was_before():
    held = held_with(10)
    held.asked(Event({"type": "input_audio_buffer.clear", "event_id": "e"}), 400.0)
    tell(held, "cleared")
    assert place(held, detects=False, by_hand=True) == 400
    assert not held.speaking


def test_a_new_session_counts_from_its_own_beginning():
    held = held_with(50)
    held.began(1500.0)
    tell(held, "speech_started", item_id="i", audio_start_ms=100)
    assert place(held) == 1600
    assert b"".join(held.since(1990.0)) == frame(49)[: 10 * 48]


def test_no_more_is_kept_and_sent_again_than_there_is_room_for():
    held = held_with(1000, most_ms=1000.0)
    tell(held, "speech_started", item_id="i", audio_start_ms=0)
    assert place(held) == 39_000
    assert place(held, room_ms=200.0) == 39_800
    assert place(held, room_ms=-5.0) == 40_000
    assert held.of_item("i") is None
    tell(held, "committed", item_id="i")
    assert held.of_item("i") is None


def test_an_outbox_that_holds_keeps_the_newest_and_counts_the_rest():
    outbox = Outbox(max_audio_bytes=10)
    outbox.hold(4)
    assert all(outbox.put_audio(bytes([n])) for n in range(6))
    assert (outbox.audio_bytes, outbox.dropped_audio_bytes) == (4, 2)
    outbox.keep_newest(3)
    outbox.let_go([b"first", b"xy"])
    outbox.put_back(outbox.take())
    taken = [outbox.take() for _ in range(5)]
    assert taken == [b"first", b"xy", b"\x03", b"\x04", b"\x05"]
    assert (outbox.audio_bytes, outbox.dropped_audio_bytes) == (0, 3)
    assert outbox.put_audio(bytes(10))
    assert not outbox.put_audio(b"z")


def test_what_was_to_go_out_first_and_has_not_can_be_taken_back():
    outbox = Outbox()
    outbox.put_audio(b"new")
    outbox.let_go([b"one", b"two"])
    assert outbox.take() == b"one"
    assert (len(outbox), outbox.take_back(), outbox.audio_bytes) == (2, [b"two"], 3)
    outbox.put_back(outbox.take())
    assert (outbox.take_back(), len(outbox)) == ([], 1)


class Server:
    url, token = "http://127.0.0.1:2/v1", "the-new-token"


@pytest.mark.parametrize("ours", [True, False])
def test_only_a_practice_server_of_our_own_is_started_anew(monkeypatch, ours):
    monkeypatch.setattr(LocalServer, "shared", Server)
    monkeypatch.setattr(LocalServer, "was_ours", lambda _url: ours)
    old = Endpoint("http://127.0.0.1:1/v1", "m", "practice", practice=True)
    found = revived(old)
    assert (found is not None) is ours
    if found is not None:
        assert (found.base_url, found.api_key.reveal()) == (Server.url, Server.token)
        assert (found.model, found.practice) == ("m", True)
    assert revived(Endpoint("https://h/v1", "m", "h")) is None
