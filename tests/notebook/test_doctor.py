"""The doctor: a whole path is timed step by step, a broken one says where it is broken."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_nb.__main__ import main
from realtime_nb.audio import AudioClip
from realtime_nb.client.testing import (
    ScriptedPeer,
    Step,
    answer,
    error,
    expect,
    hold,
    response_done,
    send,
    session_created,
    session_updated,
    spoken,
)
from realtime_nb.errors import EndpointError, UsageError
from realtime_nb.notebook import doctor
from realtime_nb.speech.interfaces import MissingPart

if TYPE_CHECKING:
    from pathlib import Path

BEGIN: list[Step] = [
    send(session_created()),
    expect("session.update"),
    answer(session_updated),
    hold(0.3),
]
STARTED = send({"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "i"})
STOPPED = send({"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 300, "item_id": "i"})


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """A third of a second of a tone, with silence before and after."""
    sine = 0.5 * np.sin(np.arange(8000) * 0.2).astype(np.float32)
    silence = np.zeros(2400, np.float32)
    return AudioClip(np.concatenate([silence, sine, silence]), 24_000).save(tmp_path / "said.wav")


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_ANSWER_S", 1.0)
    monkeypatch.setattr(doctor, "_TRAILING_MS", 400)


def examine(steps: list[Step], wav: Path) -> tuple[bool, list[str]]:
    lines: list[str] = []
    script = [*BEGIN, *steps, hold(0.2)]
    with ScriptedPeer(script, ignore=("input_audio_buffer.append",)) as peer:
        well = doctor.examine(endpoint=peer.url, wav=wav, say=lines.append)
    return well, lines


def line_of(lines: list[str], name: str) -> str:
    (found,) = [line for line in lines if line.startswith(f"{name} ")]
    return found.removeprefix(name).strip()


def test_a_whole_path_is_timed_step_by_step(wav: Path) -> None:
    heard = {
        "type": "conversation.item.input_audio_transcription.completed",
        "item_id": "i",
        "content_index": 0,
        "transcript": "a tone",
    }
    well, lines = examine([STARTED, STOPPED, send(heard), send(*spoken(None, "Quite so."))], wav)
    assert well
    assert lines[-1] == "The path is whole."
    for step in ("connected", "noticed", "turn over", "first sound", "done"):
        assert re.match(r"-?\d+ ms", line_of(lines, step)), step
    assert line_of(lines, "said") == f"{wav}, 0.5 s"
    assert line_of(lines, "heard") == '"a tone"'
    assert line_of(lines, "answered") == '"Quite so."'


@pytest.mark.parametrize(
    ("steps", "broken"),
    [
        ([], "the service noticed no speech"),
        ([STARTED], "the service noticed no end of the speech"),
        ([STARTED, STOPPED], "no answer came"),
        (
            [send(error("Your audio is broken.", "bad_audio"))],
            "the service noticed no speech; the service said: Your audio is broken.",
        ),
        (
            [STARTED, STOPPED, send(response_done(None, "resp_1"))],
            "the answer has no sound",
        ),
        (
            [
                STARTED,
                STOPPED,
                send(
                    response_done(
                        None,
                        "resp_1",
                        status="failed",
                        status_details={"type": "failed", "error": {"message": "Out of quota."}},
                    )
                ),
            ],
            "the answer ended as failed: Out of quota.",
        ),
    ],
)
def test_a_broken_path_says_where(steps: list[Step], broken: str, wav: Path) -> None:
    well, lines = examine(steps, wav)
    assert not well
    assert line_of(lines, "broken") == broken
    assert lines[-1] == "The path is broken."


def test_a_lost_connection_is_a_broken_path(wav: Path) -> None:
    lines: list[str] = []
    with ScriptedPeer([*BEGIN], ignore=("input_audio_buffer.append",)) as peer:
        assert not doctor.examine(endpoint=peer.url, wav=wav, say=lines.append)
    assert line_of(lines, "broken")


def test_a_silent_recording_is_refused(tmp_path: Path) -> None:
    silent = AudioClip.silence(500, 24_000).save(tmp_path / "silent.wav")
    with pytest.raises(UsageError, match="is silent; name a recording of speech"):
        doctor.examine(wav=silent)


def test_a_service_that_is_not_there_is_one_line(
    wav: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--wav", str(wav), "--endpoint", "http://127.0.0.1:1/v1"]) == 1
    out, _ = capsys.readouterr()
    assert "broken" in out
    assert "Traceback" not in out


def test_what_cannot_be_asked_is_one_line_on_stderr(
    wav: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--wav", str(wav), "--endpoint", "nowhere"]) == 1
    assert main(["doctor", "--wav", str(tmp_path / "none.wav")]) != 0
    _, err = capsys.readouterr()
    assert len(err.splitlines()) == 2
    with pytest.raises(EndpointError):
        doctor.examine(endpoint="nowhere", wav=wav)


SILENT = MissingPart(
    "speaker", "no espeakng-loader", "tones stand in", "pip install espeakng-loader"
)


def missing_a_speaker() -> SimpleNamespace:
    return SimpleNamespace(missing=(SILENT,))


def test_what_is_missing_is_told_with_its_remedy(
    wav: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "load_engines", missing_a_speaker)
    _, lines = examine([STARTED, STOPPED, send(*spoken(None, "Yes."))], wav)
    assert line_of(lines, "missing") == (
        "speaker: no espeakng-loader; tones stand in; pip install espeakng-loader"
    )


def test_without_a_voice_it_asks_for_a_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    def mute(_: str) -> AudioClip:
        raise UsageError("a synthetic user needs espeak-ng")

    monkeypatch.setattr(doctor, "say_as_user", mute)
    with pytest.raises(UsageError, match="needs espeak-ng; or name a recording: --wav FILE"):
        doctor.examine()


def test_the_practice_server_hears_and_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_ANSWER_S", 30.0)
    monkeypatch.setattr(doctor, "_TRAILING_MS", 5000)
    lines: list[str] = []
    assert doctor.examine(endpoint="local", say=lines.append), lines
    assert line_of(lines, "heard") == f'"{doctor.PHRASE}"'
    assert len(line_of(lines, "answered")) > 10
    assert line_of(lines, "missing") == "nothing"
    assert "--transport webrtc" in line_of(lines, "webrtc")
