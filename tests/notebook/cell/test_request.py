from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_nb.errors import ConfigError, UsageError
from realtime_nb.notebook.cell.request import Options, read_request

if TYPE_CHECKING:
    from pathlib import Path


def test_the_text_is_the_instructions_and_each_field_knows_its_line() -> None:
    request = read_request(
        Options(),
        "---\nvoice: marin\nturn_detection:\n  threshold: 0.7\naudio: {output: {speed: 1.1}}\n"
        "modalities: [text]\ntools:\n- {type: function, name: f}\n- {type: function}\n---\n\n"
        "Be brief.",
    )
    assert request.config["instructions"] == "Be brief."
    assert request.config["audio"]["output"] == {"voice": "marin", "speed": 1.1}
    assert request.kind == "realtime"
    assert request.model is None
    assert request.where("audio.output.voice") == "line 3"
    assert request.where("audio.input.turn_detection.threshold") == "line 5"
    assert request.where("audio.input.turn_detection.type") == "line 4"
    assert request.where("audio.output.speed") == "line 6"
    assert request.where("modalities") == "line 7"
    assert request.where("tools[1].name") == "line 10"
    assert request.where("instructions") == "line 13"
    assert request.where("truncation") == ""


def test_a_config_file_lies_below_the_cell(tmp_path: Path) -> None:
    file = tmp_path / "voice.yaml"
    file.write_text("voice: ash\nspeed: 1.2\ninstructions: From the file.\n", encoding="utf-8")
    request = read_request(Options(config=str(file)), "---\nvoice: marin\n---\nFrom the cell.")
    assert request.config == {
        "type": "realtime",
        "audio": {"output": {"voice": "marin", "speed": 1.2}},
        "instructions": "From the cell.",
    }
    assert request.where("audio.output.speed") == "voice.yaml line 2"
    assert request.where("audio.output.voice") == "line 3"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.json", '{"type": "transcription", "audio": {"input": {}}}'),
        ("s.toml", 'type = "transcription"\n[audio.input]\n'),
        ("s.yml", "type: transcription\naudio: {input: {}}"),
    ],
)
def test_files_of_three_kinds(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    request = read_request(Options(config=str(tmp_path / name)), "")
    assert request.kind == "transcription"
    assert request.config["type"] == "transcription"


def test_instructions_from_a_file_are_taken_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "prompt.md"
    file.write_text("Say {{this}} for $5.\n", encoding="utf-8")
    request = read_request(
        Options(instructions_from=str(file)), "---\nvoice: ash\n---\n", evaluate=lambda _: 1
    )
    assert request.config["instructions"] == "Say {{this}} for $5."


def test_a_pasted_event_takes_the_text_below_it() -> None:
    request = read_request(
        Options(), '---\n{"type": "session.update",\n "session": {"type": "realtime"}}\n---\nHi'
    )
    assert request.config == {"type": "realtime", "instructions": "Hi"}
    assert request.where("instructions") == "line 6"


def test_the_model_stands_once() -> None:
    assert read_request(Options(model="a"), "---\nmodel: a\n---").model == "a"
    assert read_request(Options(), "---\nmodel: a\n---").where("model") == "line 3"
    with pytest.raises(UsageError, match="disagree"):
        read_request(Options(model="a"), "---\nmodel: b\n---")


def test_of_a_transcription_the_model_is_the_transcriber() -> None:
    request = read_request(Options(model="gpt-transcribe"), "---\ntype: transcription\n---")
    assert request.model is None
    assert request.config["audio"]["input"]["transcription"] == {"model": "gpt-transcribe"}
    with pytest.raises(UsageError, match="disagree"):
        read_request(
            Options(model="whisper-1"), "---\ntype: transcription\nmodel: gpt-transcribe\n---"
        )


def test_tools_are_what_the_notebook_calls_so() -> None:
    def get_weather(city: str) -> str:
        """Return the weather."""
        return city

    request = read_request(
        Options(), "---\ntools: [get_weather, nobody]\n---", names={"get_weather": get_weather}
    )
    assert request.config["tools"][0]["name"] == "get_weather"
    assert request.config["tools"][1] == "nobody"


@pytest.mark.parametrize(
    ("options", "body", "said"),
    [
        (Options(config="no.yaml"), "", "--config no.yaml: there is no such file in"),
        (Options(instructions_from="no.md"), "", "--instructions-from no.md: there is no such"),
        (Options(instructions_from="x.md"), "Hi", "stand twice, in the text of the cell and"),
        (Options(), "---\ninstructions: a\n---\nb", "stand twice"),
        (Options(config="."), "", r"--config \.: "),
    ],
)
def test_a_mistake_is_said_in_one_line(options: Options, body: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read_request(options, body)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "voice: [", "a.yaml, line 1, column 9"),
        ("a.toml", "voice = ", "a.toml is not TOML"),
        ("a.json", '{"a" 1}', r"a.json, line 1.*not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_names_itself(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        read_request(Options(config=str(tmp_path / name)), "")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not text in UTF-8"):
        read_request(Options(config=str(tmp_path / "b.yaml")), "")


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("turn_detection: {create_response: false}", "semantic_vad"),
        ("turn_detection: {threshold: 0.4}", "server_vad"),
        ("turn_detection: {type: server_vad, create_response: false}", "server_vad"),
        ("turn_detection: server_vad", "server_vad"),
    ],
)
def test_a_part_that_fits_either_detection_is_for_the_one_in_force(written: str, kind: str) -> None:
    effective = {"audio": {"input": {"turn_detection": {"type": "semantic_vad"}}}}
    request = read_request(Options(), f"---\n{written}\n---").upon(effective)
    assert request.config["audio"]["input"]["turn_detection"]["type"] == kind
    assert read_request(Options(), f"---\n{written}\n---").upon({}).kind == "realtime"


def test_functions_by_expression_are_defined_and_their_mistakes_have_a_line() -> None:
    def look_up(city: str) -> str:
        return city

    def strange(city: object, /) -> None: ...

    names = {"f": look_up, "fs": [look_up], "g": strange}
    for tools in ("{{fs}}", "{{f}}", "[f]", "f", "['{{f}}']"):
        body = f"---\ntools: {tools}\n---"
        config = read_request(Options(), body, evaluate=names.get, names=names).config
        assert [tool["name"] for tool in config["tools"]] == ["look_up"]
    with pytest.raises(ConfigError, match=r"line 3: the tool strange\(\)"):
        read_request(Options(), "---\ntools: [g]\n---", names=names)


def test_what_json_does_not_have_in_a_definition_is_a_problem_and_never_sent() -> None:
    names = {"f": {"type": "function", "name": "f", "parameters": {"x": {1, 2}}}}
    request = read_request(Options(), "---\ntools: [f]\n---", names=names)
    assert "type set" in str(request.problems[0])
    assert isinstance(request.config["tools"][0]["parameters"]["x"], str)


def test_a_home_that_is_nobodys_is_told() -> None:
    with pytest.raises(UsageError, match="home"):
        read_request(Options(config="~nobody-here/x.yaml"), "Hi")
