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
