"""The lines of `%%audio_chat` and its kin: words, quotes, and what is said to a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.errors import UsageError
from realtime_nb.notebook.magics.sound import SoundMagics
from realtime_nb.notebook.sound.arguments import (
    named_value,
    read_options,
    split_words,
    unquoted,
)

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

KEY = "sk-proj-" + "a1" * 20


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  --in clip   --stream ", ["--in", "clip", "--stream"]),
        ('--system "Be brief, please." --in a', ["--system", '"Be brief, please."', "--in", "a"]),
        ("--system don't --stream", ["--system", "don't", "--stream"]),
        ('--in clips["a b"]', ["--in", 'clips["a b"]']),
        ("--in rec.clip[1.5 : 3]", ["--in", "rec.clip[1.5 : 3]"]),
        ("--in join(a, (b + c))", ["--in", "join(a, (b + c))"]),
        ('--speaker Ann="my file.wav"', ["--speaker", 'Ann="my file.wav"']),
        ("--system (sic --stream", ["--system", "(sic", "--stream"]),
        (r"--in C:\sound\a.wav", ["--in", r"C:\sound\a.wav"]),
    ],
)
def test_a_line_is_split_where_no_quote_and_no_bracket_holds(line: str, words: list[str]) -> None:
    assert split_words(line) == words


@given(st.lists(st.text(alphabet="abc=()[]{}\\.:-", min_size=1), max_size=5))
def test_words_without_blanks_and_quotes_come_back(words: list[str]) -> None:
    # A bracket that is closed later holds the words between together; none is lost.
    assert "".join(split_words(" ".join(words))).replace(" ", "") == "".join(words)


@pytest.mark.parametrize(
    ("value", "bare"),
    [
        ('"a b"', "a b"),
        ("'a'", "a"),
        ('"it\'s"', "it's"),
        ("don't", "don't"),
        ("'", "'"),
        ('"a" + "b"', '"a" + "b"'),
        (["'a'", "b"], ["a", "b"]),
        (None, None),
        (1.5, 1.5),
    ],
)
def test_quotes_go_that_stand_around_the_whole(value: object, bare: object) -> None:
    assert unquoted(value) == bare


@pytest.fixture
def magics(shell: InteractiveShell) -> SoundMagics:
    (found,) = [one for one in shell.configurables if isinstance(one, SoundMagics)]
    return found


def test_every_option_is_read(magics: SoundMagics) -> None:
    options = read_options(
        magics.audio_chat,
        '--in a --in "b c.wav" --in-format mp3 --system "- be brief" --voice marin --format flac'
        " --model m --endpoint local --text-only --tools f,g --stream --continue --name t --out r",
    )
    assert options.inputs == ["a", "b c.wav"]
    assert options.system == "- be brief"
    assert (options.in_format, options.voice, options.format) == ("mp3", "marin", "flac")
    assert (options.model, options.endpoint, options.name, options.out) == ("m", "local", "t", "r")
    assert (options.text_only, options.stream, options.go_on) == (True, True, True)
    assert options.tools == ["f,g"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--voise marin", "did you mean '--voice'"),
        ("--steam", "did you mean '--stream'"),
        ("--syst Brief", "did you mean '--system'"),
        ("--format ogg", "invalid choice: 'ogg'"),
        ("--in", "expected one argument; %audio_chat? explains"),
        ("stray", "unrecognized arguments: stray; %audio_chat? explains"),
        ('--system "Be', 'a " is not closed'),
    ],
)
def test_a_mistake_is_one_line(magics: SoundMagics, line: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_options(magics.audio_chat, line)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("line", "body"), [(f"--api-key {KEY}", ""), ("", f"use {KEY}")])
def test_a_key_in_a_cell_is_refused_and_not_repeated(
    magics: SoundMagics, line: str, body: str
) -> None:
    with pytest.raises(UsageError, match="looks like a key") as caught:
        read_options(magics.audio_chat, line, body)
    assert KEY not in str(caught.value)


def test_a_speaker_has_a_name_and_a_clip() -> None:
    assert named_value('Ann="a b.wav"', "--speaker") == ("Ann", "a b.wav")
    for text in ("Ann", "=x", "Ann="):
        with pytest.raises(UsageError, match="NAME=CLIP"):
            named_value(text, "--speaker")
