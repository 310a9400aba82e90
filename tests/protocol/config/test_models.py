from __future__ import annotations

from datetime import date
from typing import get_type_hints

import pytest
from openai.types.realtime import (
    AudioTranscriptionParam,
    RealtimeSessionCreateRequestParam,
)

from realtime_nb.protocol.config.models import MODELS, find_model, names_for
from realtime_nb.protocol.config.shapes import words_of

TODAY = date(2026, 11, 21)


def named_by_the_package(shape) -> tuple[str, ...]:
    return words_of(get_type_hints(shape)["model"])


@pytest.mark.parametrize("name", named_by_the_package(RealtimeSessionCreateRequestParam))
def test_every_model_the_package_names_for_a_session_is_known(name: str) -> None:
    model = find_model(name)
    assert model is not None
    assert model.use in ("realtime", "chat")


@pytest.mark.parametrize("name", named_by_the_package(AudioTranscriptionParam))
def test_every_transcriber_the_package_names_is_known(name: str) -> None:
    model = find_model(name)
    assert model is not None
    assert model.use == "transcription"
    assert model.language
    assert None not in (model.prompt, model.keywords, model.delay)


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_a_row_holds_together(model) -> None:
    assert model.source
    assert model.as_of
    assert all(price > 0 for price in model.prices.values())
    assert ("prices" in model.source) == bool(model.prices)
    if model.shutdown is not None:
        successor = MODELS[model.replacement]
        assert successor.shutdown is None or successor.shutdown > model.shutdown
    else:
        assert model.replacement == ""
    if model.use == "transcription":
        assert model.keywords == (model.language == "languages")


@pytest.mark.parametrize(
    ("name", "shutdown"),
    [
        ("gpt-realtime", date(2027, 1, 20)),
        ("gpt-realtime-2025-08-28", date(2027, 1, 20)),
        ("gpt-realtime-mini-2025-10-06", date(2026, 7, 23)),
        ("gpt-4o-realtime-preview-2024-10-01", date(2026, 5, 7)),
        ("gpt-4o-mini-realtime-preview", date(2026, 5, 7)),
        ("gpt-4o-audio-preview-2025-06-03", date(2026, 5, 7)),
        ("whisper-1", date(2027, 2, 26)),
        ("tts-1-hd", date(2027, 1, 6)),
        ("gpt-realtime-2.1", None),
        ("gpt-realtime-2.1-2026-10-01", None),
        ("gpt-realtime-whisper", None),
    ],
)
def test_how_long_a_model_stays(name: str, shutdown: date | None) -> None:
    model = find_model(name)
    assert model is not None
    assert model.name == name
    assert model.shutdown == shutdown


@pytest.mark.parametrize("name", ["", "gpt-5", "gpt-realtime-3", "gpt-realtime-2.1x", "whisper"])
def test_what_is_not_known_is_none(name: str) -> None:
    assert find_model(name) is None


def test_turn_detection_is_for_all_but_the_streaming_transcribers() -> None:
    without = {m.name for m in MODELS.values() if not m.turn_detection}
    assert without == {"gpt-live-transcribe", "gpt-realtime-whisper"}


def test_names_for_a_use_leave_out_what_ends() -> None:
    assert names_for("realtime")[0] == "gpt-realtime-2.1"
    assert "gpt-realtime" not in names_for("realtime")
    assert names_for("transcription") == (
        "gpt-transcribe",
        "gpt-live-transcribe",
        "gpt-realtime-whisper",
    )
    for use in ("translation", "chat"):
        assert names_for(use)
