from __future__ import annotations

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.audio.spool import PcmSpool
from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.answer import LONGEST_CLIP_S, AudioAnswer, ToolRun
from realtime_nb.protocol.audio_api.completion import user_message
from realtime_nb.protocol.audio_api.thread import Entry, History, assistant_entry, past, within
from realtime_nb.protocol.cost.prices import Price

EVIL = "<script>alert(1)</script>\u202e\x1b[0m"


def spoken(name: str = "audio_1", expires_at: int | None = 100, **more) -> Entry:
    message = {
        "role": "assistant",
        "content": None,
        "audio": {"id": name, "expires_at": expires_at, "transcript": "Woof."},
    }
    return assistant_entry(message, **more)


def test_an_id_goes_back_until_shortly_before_it_expires():
    entries = [spoken()]
    by_id = {"role": "assistant", "audio": {"id": "audio_1"}}
    by_text = {"role": "assistant", "content": "Woof."}
    assert past(entries, 89.0).messages == [by_id]
    assert past(entries, 90.0).messages == [by_text]
    assert past(entries, 90.0).expired == ("audio_1",)
    assert past(entries, 0.0, ids=False).messages == [by_text]
    assert past(entries, 0.0, unknown={"audio_1"}).messages == [by_text]
    assert past(entries, 0.0, unknown={"audio_1"}).expired == ()
    assert past([spoken(expires_at=None)], 1e12).ids == ("audio_1",)
    # Who broke off may have forgotten what it had said.
    assert past([spoken(partial=True)], 0.0).messages == [by_text]


def test_calls_go_back_with_the_sound_that_came_with_them():
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    audio = {"id": "audio_1", "expires_at": None, "transcript": ""}
    entry = assistant_entry({"content": None, "audio": audio, "tool_calls": calls})
    assert entry.named == {"role": "assistant", "audio": {"id": "audio_1"}, "tool_calls": calls}
    assert entry.message == {"role": "assistant", "content": None, "tool_calls": calls}


def test_older_recordings_are_left_out_of_what_does_not_fit():
    def recorded(size: int, seconds: float) -> Entry:
        message = user_message("Listen.", [(bytes(size), "wav")])
        return Entry(role="user", text="Listen.", message=message, seconds=seconds)

    entries = [recorded(300, 1.0), spoken(), recorded(300, 2.0), recorded(30, 3.0)]
    assert [entry.sound_size for entry in entries] == [400, 0, 400, 40]

    fitting, left_out = within(entries, 450)

    assert left_out == 1
    assert [entry.sound_size for entry in fitting] == [0, 0, 400, 40]
    assert fitting[0].message["content"] == [
        {"type": "text", "text": "Listen."},
        {"type": "text", "text": "[a recording of 1.0 s, left out]"},
    ]
    assert within(entries, 840) == (entries, 0)
    assert within(entries, 0)[1] == 3


def test_a_history_is_a_table_of_anybodys_words():
    message = {"role": "user", "content": EVIL}
    history = History([Entry(role="user", text=EVIL, message=message, seconds=1.5), spoken()])
    page = history._repr_html_()
    assert "<script>" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "1.5 s" in page
    assert len(history[1:]) == 1
    assert history[0].text == EVIL
    assert "Nothing has been said" in History([])._repr_html_()


def answer(**fields) -> AudioAnswer:
    return AudioAnswer(model="gpt-audio-1.5", voice="marin", **fields)


def test_what_a_model_says_is_escaped_in_a_cell():
    calls = [{"id": "c", "type": "function", "function": {"name": EVIL, "arguments": EVIL}}]
    page = answer(
        transcript=EVIL,
        content=EVIL,
        problem=EVIL,
        partial=True,
        tool_calls=calls,
        runs=(ToolRun(EVIL, EVIL, EVIL),),
        usage={"prompt_tokens": 1200, "completion_tokens": 3},
        price=Price(None, reason=EVIL),
    )._repr_html_()
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "1,200 tokens in, 3 out" in page


def test_an_answer_shows_its_player_and_its_facts():
    wav = AudioClip(np.sin(np.arange(12_000) / 9).astype(np.float32), 24_000).wav()
    spool = PcmSpool()
    spool.append(AudioClip.read(wav).pcm16())
    page = answer(
        transcript="Yes.",
        spool=spool,
        price=Price(0.00125),
        timings={"first_sound": 812.4, "whole": 2_000.0},
    )._repr_html_()
    assert "<audio" in page
    assert "Yes." in page
    for fact in ("gpt-audio-1.5", "marin", "0.5 s", "0.0013 USD", "first sound after 812 ms"):
        assert fact in page


def test_sound_is_saved_as_it_came_or_made_into_what_is_asked(tmp_path):
    clip = AudioClip(np.sin(np.arange(24_000) / 9).astype(np.float32), 24_000)
    mp3 = clip.encode("mp3")
    whole = answer(data=mp3, format="mp3")
    assert whole.save(tmp_path / "a.mp3").read_bytes() == mp3
    assert whole.encoded() == mp3
    assert AudioClip.read(whole.save(tmp_path / "a.wav")).duration_ms == pytest.approx(
        1000, abs=120
    )
    spool = PcmSpool()
    spool.append(clip.pcm16())
    streamed = answer(spool=spool, format="flac")
    assert streamed.encoded()[:4] == b"fLaC"
    assert AudioClip.read(streamed.save(tmp_path / "b.wav")).pcm16() == clip.pcm16()
    assert answer(data=clip.pcm16(), format="pcm16").clip.pcm16() == clip.pcm16()


def test_without_sound_there_is_none_to_save(tmp_path):
    silent = answer(content="Yes.")
    assert silent.clip is None
    assert silent.seconds == 0
    with pytest.raises(UsageError, match="this answer has no sound"):
        silent.save(tmp_path / "a.wav")


def test_a_file_nobody_here_decodes_is_kept_as_it_is(tmp_path):
    strange = answer(data=b"no sound at all", format="aac")
    assert strange.clip is None
    assert "15 bytes of" in strange._repr_html_()
    assert strange.save(tmp_path / "a.aac").read_bytes() == b"no sound at all"
    with pytest.raises(UsageError, match=r"nothing here decodes; save it as \.aac"):
        strange.save(tmp_path / "a.wav")


def test_of_a_long_stream_the_clip_is_the_beginning_and_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("realtime_nb.protocol.audio_api.answer.LONGEST_CLIP_S", 1.0)
    spool = PcmSpool()
    spool.append(bytes(24_000 * 2 * 3))
    long = answer(spool=spool)
    assert LONGEST_CLIP_S == 600
    assert long.seconds == 3
    assert long.clip.duration_ms == 1000
    assert "the first 1.0 s of 3.0 s" in long.clip.caption
    assert AudioClip.read(long.save(tmp_path / "a.wav")).duration_ms == 3000
