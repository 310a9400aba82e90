"""Cells of sound against the local practice server, as somebody without a key runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.client.local import LocalServer
from realtime_nb.speech.voices import say_as_user

if TYPE_CHECKING:
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def run(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(cell: str) -> str:
        result = shell.run_cell(cell)
        out, err = capsys.readouterr()
        assert result.success, out + err
        return out + err

    return run


def test_the_examples_of_the_documentation_as_cells(run: Any, shell: Any) -> None:
    said = run("%%audio_chat --voice alloy\nIs a golden retriever a good family dog?")
    answer = shell.user_ns["answer"]
    assert "golden retriever" in answer.transcript
    assert answer.transcript in said
    assert answer.clip.duration_ms > 1000
    assert answer.practice
    assert answer.cost == 0
    assert answer.usage["completion_tokens_details"]["audio_tokens"] > 0
    shell.user_ns["recording"] = say_as_user("what is seven plus five")
    run("%%audio_chat --in recording --out heard\nWhat is in this recording?")
    assert "seven plus five" in shell.user_ns["heard"].text
    # Gone on with, by the sound's id.
    run("%%audio_chat --continue --stream --out more\nAnd what else?")
    assert shell.user_ns["more"].clip is not None
    assert len(shell.run_line_magic("audio_chat", "history")) == 4
    assert LocalServer.shared().token not in said


def test_what_is_spoken_is_written_down_again(run: Any, shell: Any, tmp_path: Path) -> None:
    saved = tmp_path / "speech.wav"
    run(f"%%speak --voice alloy --format wav --save '{saved}'\nwhat is seven plus five")
    assert saved.read_bytes()[:4] == b"RIFF"
    srt = tmp_path / "words.srt"
    run(f"t = %transcribe '{saved}' --words --prompt 'what is seven plus five' --srt '{srt}'")
    transcript = shell.user_ns["t"]
    assert transcript is shell.user_ns["transcript"]
    assert transcript.text.lower().strip(". ?") == "what is seven plus five"
    assert [word.text for word in transcript.words][-1].strip(".?") == "five"
    assert "-->" in srt.read_text(encoding="utf-8")
    run("%translate_audio speech --out english")
    assert "practice" in shell.user_ns["english"].text


@pytest.mark.parametrize("model", ["nope", "gpt-realtime"])
@pytest.mark.parametrize(
    "cell",
    [
        "%%audio_chat --model {}\nHi",
        "%%speak --model {}\nHi",
        "%transcribe sound --model {}",
        "%translate_audio sound --model {}",
    ],
)
def test_a_model_that_cannot_is_one_line(shell: Any, capsys: Any, cell: str, model: str) -> None:
    shell.user_ns["sound"] = say_as_user("hello")
    assert not shell.run_cell(cell.format(model)).success
    said = capsys.readouterr().out.strip()
    assert "\n" not in said
    assert "model" in said or model in said


def test_the_practice_server_is_never_called_by_the_name_of_a_model(run: Any, shell: Any) -> None:
    assert "tts-1" not in run("%%speak --model tts-1\nhello")
    assert shell.user_ns["speech"].model == "local-demo"
    run("%transcribe speech --model whisper-1")
    transcript = shell.user_ns["transcript"]
    assert transcript.model == "local-demo"
    run("%translate_audio speech")
    assert "not translated" in shell.user_ns["transcript"]._repr_html_()


def test_who_writes_without_a_prompt_is_told_that_one_helps(run: Any, shell: Any) -> None:
    shell.user_ns["sound"] = say_as_user("hello")
    assert run("%transcribe sound").count("--prompt") == 1
    assert run("%translate_audio sound").count("--prompt") == 1
    assert "--prompt" not in run("%transcribe sound --prompt hello")


def test_what_the_practice_server_lacks_is_said_once(
    run: Any, shell: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice, ears = "No speaker (it is away); tones.", "No recogniser (it is away); nothing."
    monkeypatch.setattr(
        "realtime_nb.notebook.sound.desk.fetch_missing", lambda _endpoint: [voice, ears]
    )
    shell.run_line_magic("reload_ext", "realtime_nb")
    shell.user_ns["sound"] = say_as_user("hello")
    assert voice not in run("%%audio_chat --text-only\nhello")
    said = run("%%speak\nhello")
    assert voice in said
    assert ears not in said
    assert voice not in run("%%speak\nhello")
    assert ears in run("%audio_chat --in sound")
    assert ears not in run("%transcribe sound")


def test_a_speech_is_what_its_file_is_called(run: Any, shell: Any, tmp_path: Path) -> None:
    said = run(f"%%speak --save '{tmp_path / 'a.wav'}'\nhello")
    assert shell.user_ns["speech"].format == "wav"
    assert f"Saved as {tmp_path / 'a.wav'}." in said
    said = run(f"%%speak --format mp3 --save '{tmp_path / 'b.wav'}'\nhello")
    assert "b.wav, converted; `speech` keeps the mp3 it came as." in said


def test_conversations_are_listed_a_line_each(run: Any) -> None:
    run("%%audio_chat --text-only --name long\nTell me a joke")
    run("%%audio_chat --text-only\nhello")
    first, second = run("%audio_chat").splitlines()
    assert first.startswith("long  local practice server · 2 messages · Why did")
    assert second.startswith("main  local practice server · 2 messages · ")
