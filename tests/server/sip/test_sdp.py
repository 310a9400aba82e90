"""Session descriptions: what can be talked on, and what is answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.server.sip import sdp

START = "v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"


def read(media: str, start: str = START) -> sdp.Media:
    return sdp.read((start + media).encode())


def test_the_first_codec_that_is_known_is_taken() -> None:
    media = read(
        "m=audio 4000 RTP/AVP 96 8 0 97\r\na=rtpmap:96 opus/48000/2\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:97 telephone-event/8000\r\n"
    )
    assert (media.host, media.port, media.codec, media.payload) == ("127.0.0.1", 4000, "PCMA", 8)
    assert media.keys_payload == 97
    answer = sdp.answer("127.0.0.1", 5000, media).decode()
    assert "m=audio 5000 RTP/AVP 8 97\r\na=rtpmap:8 PCMA/8000\r\n" in answer
    assert sdp.read(answer.encode()).port == 5000


def test_a_number_that_is_renamed_is_what_its_name_says() -> None:
    media = read(
        "m=audio 4000 RTP/AVP 0 100\r\na=rtpmap:0 G726/8000\r\na=rtpmap:100 pcmu/8000/1\r\n"
    )
    assert (media.codec, media.payload) == ("PCMU", 100)


def test_other_media_are_refused_in_their_places() -> None:
    media = read(
        "m=video 4002 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 127.0.0.2\r\n"
        "m=audio 4004 RTP/AVP 0\r\n"
    )
    assert media.host == "127.0.0.2"
    lines = [line for line in sdp.answer("127.0.0.1", 5000, media).decode().splitlines()
             if line.startswith("m=")]  # fmt: skip
    assert lines == ["m=video 0 RTP/AVP 31", "m=audio 5000 RTP/AVP 0", "m=audio 0 RTP/AVP 0"]


@pytest.mark.parametrize("hold", ["a=sendonly", "a=inactive", "c=IN IP4 0.0.0.0"])
def test_a_call_on_hold_is_sent_nowhere(hold: str) -> None:
    assert read(f"m=audio 4000 RTP/AVP 0\r\n{hold}\r\n").port == 0


@pytest.mark.parametrize(
    ("media", "words"),
    [
        ("", "no media"),
        ("m=audio 4000 RTP/AVP 96\r\n", "no G.711"),
        ("m=audio 0 RTP/AVP 0\r\n", "no G.711"),
        ("m=audio 4000 RTP/SAVP 0\r\n", "no G.711"),
        ("m=video 4000 RTP/AVP 0\r\n", "no G.711"),
        ("m=audio\r\n", "no G.711"),
        ("m=audio 99999 RTP/AVP 0\r\n", "no G.711"),
        ("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n", "leave this computer"),
        ("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 example.com\r\n", "leave this computer"),
        ("m=x 1 y\r\n" * 20, "no media"),
    ],
)
def test_what_cannot_be_talked_on_says_why(media: str, words: str) -> None:
    with pytest.raises(sdp.Unacceptable, match=words):
        read(media)


@given(st.text(max_size=200))
def test_anything_may_be_described(junk: str) -> None:
    for start in ("", START, START + "m=audio 4000 RTP/AVP 0\r\n", START + "m=audio "):
        try:
            media = read(junk, start)
        except sdp.Unacceptable:
            continue
        sdp.read(sdp.answer("127.0.0.1", 5000, media))
