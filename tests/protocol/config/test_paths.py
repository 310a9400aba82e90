from __future__ import annotations

from realtime_nb.protocol.config.paths import MISSING, get, leaves, put


def test_null_is_a_value_and_nothing_is_not() -> None:
    config = {"audio": {"input": {"turn_detection": None}}}
    assert get(config, "audio.input.turn_detection") is None
    assert get(config, "audio.output.voice") is MISSING
    assert get(config, "audio.input.turn_detection.type") is MISSING


def test_put_makes_the_objects_on_the_way() -> None:
    config: dict = {"audio": None}
    put(config, "audio.output.voice", "marin")
    assert config == {"audio": {"output": {"voice": "marin"}}}


def test_leaves_are_all_that_is_no_object() -> None:
    config = {"a": {"b": 1, "c": {}}, "d": [1, {"e": 2}]}
    assert dict(leaves(config)) == {"a.b": 1, "a.c": {}, "d": [1, {"e": 2}]}
