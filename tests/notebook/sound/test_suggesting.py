"""What is offered on the lines of cells of sound. A caret marks the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.completer import provisionalcompleter

from realtime_nb.audio.clip import AudioClip
from realtime_nb.notebook.sound.suggesting import KnownSounds, Option, suggest_for_sound

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from realtime_nb.notebook.cell.suggest import Suggestion

KNOWN = KnownSounds(
    options={
        "audio_chat": {
            "--in": Option(repeats=True),
            "--in-format": Option(("wav", "mp3")),
            "--voice": Option(),
            "--endpoint": Option(),
            "--model": Option(),
            "--name": Option(),
            "--stream": Option(is_flag=True),
        },
        "transcribe": {"--speaker": Option(repeats=True), "--srt": Option()},
    },
    sounds=lambda: ("clip", "recorder"),
    endpoints=lambda: ("local", "openai"),
    conversations=("main", "other"),
)


def offered(written: str) -> Suggestion | None:
    return suggest_for_sound(written.replace("^", "", 1), written.index("^"), KNOWN)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("%%audio_chat --st^", ("--stream",)),
        ("%%audio_chat --stream --in^\nHi", ("--in", "--in-format")),
        ("%%audio_chat --in clip --in^", ("--in", "--in-format")),
        ("%%audio_chat --in ^\nHi", ("clip", "recorder")),
        ("%%audio_chat --in=c^", ("clip",)),
        ("%%audio_chat --in-format m^", ("mp3",)),
        ("%%audio_chat --voice no^", ("nova",)),
        ("%%audio_chat --endpoint l^", ("local",)),
        ("%%audio_chat --name o^", ("other",)),
        ("%%audio_chat --model gpt-audio-1^", ("gpt-audio-1.5",)),
        ("%audio_chat h^", ("history",)),
        ("%audio_chat reset ^", ("main", "other")),
        ("x = 1\nt = %transcribe c^", ("clip",)),
        ("%transcribe clip --speaker Ann=r^", ("recorder",)),
    ],
)
def test_what_fits_is_offered(written: str, words: tuple[str, ...]) -> None:
    found = offered(written)
    assert found is not None
    assert found.words == words
    assert written[: written.index("^")].endswith(found.fragment)


@pytest.mark.parametrize(
    "written",
    [
        "%%audio_chat\n--st^",
        "%%audio_chat clip ^",
        "%%audio_chats --st^",
        "%transcribe clip --srt ^",
        "%transcribe clip o^",
        "--st^",
    ],
)
def test_elsewhere_nothing_is_offered(written: str) -> None:
    assert offered(written) is None


@given(st.text(alphabet=" \n%=-abcinorstu_"))
def test_no_text_breaks_it(text: str) -> None:
    for whole in (text, f"%%audio_chat {text}", f"%transcribe {text}"):
        found = suggest_for_sound(whole, len(whole), KNOWN)
        assert found is None or (found.words and whole.endswith(found.fragment))


def test_ipython_offers_the_magics_options_and_the_notebooks_sound(
    shell: InteractiveShell,
) -> None:
    shell.user_ns["my_clip"] = AudioClip.silence(10, 8000)
    shell.user_ns["my_number"] = 3

    def completions(text: str) -> list[str]:
        with provisionalcompleter():
            found = shell.Completer.completions(text, len(text))
            return [text[: one.start] + one.text for one in found]

    assert completions("%%audio_chat --in my_") == ["%%audio_chat --in my_clip"]
    assert "%%speak --instructions" in completions("%%speak --ins")
    assert completions("%transcribe my_") == ["%transcribe my_clip"]
    assert completions("%%audio_chat --format fl") == ["%%audio_chat --format flac"]
