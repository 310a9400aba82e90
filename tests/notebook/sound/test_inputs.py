"""What `--in` may name: a variable, a file, an expression; and one line for what it is not."""

from __future__ import annotations

import builtins
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from realtime_nb.audio.clip import AudioClip
from realtime_nb.errors import UsageError
from realtime_nb.notebook.sound.inputs import read_input
from realtime_nb.widget.recorder import Recorder

CLIP = AudioClip(np.full(2400, 0.25, np.float32), 24_000)


def read(text: str, **names: Any) -> AudioClip | Path:
    everything = {"__builtins__": builtins, **names}
    return read_input(text, "--in", everything, lambda code: eval(code, everything))  # noqa: S307 -- as a shell does


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ("clip", 2400),
        ("rec", 2400),
        ("rec.clip", 2400),
        ("clips[0]", 2400),
        ('by_name["a b"]', 2400),
        ("clip.cut(0, 0.05)", 1200),
        ("wav", 2400),
        ("pair", 2400),
        ("sum([clip], AudioClip.silence(100, 24000))", 4800),
        ("[c for c in clips][0]", 2400),
    ],
)
def test_values_of_the_notebook_hold_sound(text: str, samples: int) -> None:
    sound = read(
        text,
        clip=CLIP,
        rec=SimpleNamespace(clip=CLIP),
        clips=[CLIP],
        by_name={"a b": CLIP},
        wav=CLIP.wav(),
        pair=(CLIP.samples, 24_000),
        AudioClip=AudioClip,
    )
    assert isinstance(sound, AudioClip)
    assert len(sound) == samples


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("table", "no sound in a "),
        ("folder", "that is a folder"),
        ("https://example.com/a.wav", "nothing is downloaded"),
        ("address", "nothing is downloaded"),
    ],
)
def test_what_is_near_to_sound_is_named(text: str, said: str, tmp_path: Path) -> None:
    table = SimpleNamespace(clip=lambda lower, upper: (lower, upper))  # as a data frame has it
    with pytest.raises(UsageError, match=said) as caught:
        read(text, table=table, folder=tmp_path, address="https://example.com/a.wav")
    assert str(caught.value).startswith("--in ")
    with pytest.raises(UsageError, match="that is a folder"):
        read(str(tmp_path))


def test_a_file_stays_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = CLIP.save("my sound.wav")
    assert read("my sound.wav") == Path("my sound.wav")
    assert read(str(tmp_path / path)) == tmp_path / path
    assert read("where", where=tmp_path / path) == tmp_path / path
    assert read("name", name="my sound.wav") == Path("my sound.wav")


def test_a_variable_comes_before_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clip").write_bytes(b"none")
    assert read("clip", clip=CLIP) is CLIP


@pytest.mark.parametrize(
    ("text", "names", "said"),
    [
        ("clip", {}, "no variable and no file of that name"),
        ("question.wav", {}, "no variable and no file of that name"),
        ("sounds/question one.wav", {}, "no variable and no file"),
        ("clips[3]", {"clips": []}, "list index out of range"),
        ("rec", {"rec": SimpleNamespace(clip=None)}, "no sound yet: record something first"),
        ("x", {"x": 3}, "no sound in a int"),
        ("x", {"x": None}, "--in x: no sound in a NoneType"),
        ("x", {"x": "gone.wav"}, "there is no file 'gone.wav'"),
        ("x", {"x": b"no sound at all"}, "--in x: the sound"),
        ("x" * 500, {}, "…: there is no variable"),
        ("a\x00b", {}, "no variable and no file"),
        (".", {}, "that is a folder"),
    ],
)
def test_what_is_no_sound_is_said_in_one_line(text: str, names: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text, **names)
    assert said in str(caught.value)
    assert str(caught.value).startswith("--in ")
    assert "\n" not in str(caught.value)


def test_a_text_is_no_sound_and_is_not_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a long path would be shortened in the message
    secret = Path("secret.txt")
    secret.write_text("root:x:0:0:root")
    with pytest.raises(UsageError) as caught:
        read(str(secret))
    assert (
        str(caught.value) == "--in secret.txt: that file holds text; give the path of a sound file."
    )
    with pytest.raises(UsageError, match="it holds text") as caught:
        AudioClip.read(secret)
    assert ":0:" not in str(caught.value)


def test_a_recorder_tells_where_its_recordings_are() -> None:
    with pytest.raises(UsageError, match=r"--in rec\[0\]: .* write \.clips\[0\]"):
        read("rec[0]", rec=Recorder())
