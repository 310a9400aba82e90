from __future__ import annotations

import pytest

from realtime_nb.errors import ConfigError
from realtime_nb.protocol.config.paths import merge
from realtime_nb.protocol.config.read import BETA_NAMES, SHORT_FORMS, read_config


def test_short_forms_and_the_ga_shape_may_be_mixed() -> None:
    config = read_config(
        {
            "voice": "marin",
            "turn_detection": "semantic_vad",
            "audio": {"input": {"transcription": {"model": "gpt-transcribe"}}},
            "instructions": "Be brief.",
        }
    )
    assert config == {
        "type": "realtime",
        "instructions": "Be brief.",
        "audio": {
            "output": {"voice": "marin"},
            "input": {
                "turn_detection": {"type": "semantic_vad"},
                "transcription": {"model": "gpt-transcribe"},
            },
        },
    }


@pytest.mark.parametrize("word", ["none", "off", "manual", False, None])
def test_turn_detection_is_switched_off_by_a_word(word: object) -> None:
    assert read_config({"turn_detection": word})["audio"]["input"]["turn_detection"] is None


def test_formats_by_name() -> None:
    config = read_config({"input_format": "pcmu", "output_format": "pcm"})
    assert config["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert config["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24000}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"voise": "marin"}, "did you mean 'voice'"),
        ({"audio": {"output": {"voise": "marin"}}}, "`audio.output` has no field 'voise'"),
        ({"turn_detection": {"type": "server_vad", "eagerness": "low"}}, "no field 'eagerness'"),
        ({"voice": "ash", "audio": {"output": {"voice": "marin"}}}, "given twice"),
        ({"zzz": 1}, "there are: audio"),
        ({"tools": [{"type": "function", "nam": "x"}]}, r"`tools\[0\]` has no field 'nam'"),
    ],
)
def test_a_wrong_name_is_refused_with_the_right_one(written: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        read_config(written)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(set(BETA_NAMES)))
def test_beta_names_say_what_to_write_instead(name: str) -> None:
    with pytest.raises(ConfigError, match="beta API"):
        read_config({name: "x"})


def test_what_is_free_stays_free() -> None:
    schema = {"type": "object", "properties": {"anything": {"type": "string"}}}
    tool = {"type": "function", "name": "f", "parameters": schema}
    assert read_config({"tools": [tool]})["tools"] == [tool]
    assert read_config({"noise_reduction": {"type": "near_field", "strength": 0.5}})


def test_every_short_form_stands_for_a_place_that_exists() -> None:
    for name in SHORT_FORMS:
        read_config({name: None})


def test_merging_keeps_what_is_not_named_and_changes_neither() -> None:
    base = {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 0.5}}}}
    over = {"audio": {"input": {"turn_detection": {"threshold": 0.7}}}}
    merged = merge(base, over)
    assert merged["audio"]["input"]["turn_detection"] == {"type": "server_vad", "threshold": 0.7}
    assert base["audio"]["input"]["turn_detection"]["threshold"] == 0.5
