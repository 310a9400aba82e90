from __future__ import annotations

import json
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.errors import ConfigError, UsageError
from realtime_nb.notebook.cell.pasted_keys import refuse_keys
from realtime_nb.notebook.cell.reading import read_cell

NAMES = {
    "voice": "marin",
    "tools": [{"type": "function", "name": "f"}],
    "n": 3,
    "evil": "a: b\n- c",
}


def evaluate(code: str) -> object:
    return eval(code, dict(NAMES))  # noqa: S307 -- what the notebook does


def test_front_matter_and_instructions() -> None:
    cell = read_cell("---\nvoice: marin\nturn_detection: server_vad\n---\nBe brief.\n\nVery.\n")
    assert cell.settings.fields == {"voice": "marin", "turn_detection": "server_vad"}
    assert cell.instructions == "Be brief.\n\nVery."
    assert cell.text_line == 6


def test_without_front_matter_all_is_instructions() -> None:
    text = "Say {hello} for $5, {{name}}.\n---\nThis line is text too."
    assert read_cell(text).instructions == text
    assert read_cell(text).settings.fields == {}


def test_only_front_matter_and_nothing_at_all() -> None:
    assert read_cell("---\nvoice: ash\n---\n").instructions == ""
    assert read_cell("---\n---\nHi").settings.fields == {}
    assert read_cell("\n\n---\nvoice: ash\n---").settings.fields == {"voice": "ash"}
    assert read_cell("").instructions == ""


def test_every_name_knows_its_line() -> None:
    cell = read_cell(
        "---\naudio:\n  output: {voice: marin}\n\n  input:\n    turn_detection: null\n"
        "tools:\n  - {type: function,\n     name: f}\n  - g\n---\n"
    )
    assert cell.settings.lines == {
        "audio": 3,
        "audio.output": 4,
        "audio.output.voice": 4,
        "audio.input": 6,
        "audio.input.turn_detection": 7,
        "tools": 8,
        "tools[0]": 9,
        "tools[0].type": 9,
        "tools[0].name": 10,
        "tools[1]": 11,
    }


def test_json_from_the_documentation_is_front_matter() -> None:
    event = {"type": "session.update", "session": {"type": "realtime", "instructions": "Hi 😀"}}
    pasted = json.dumps(event, indent=2)
    for body in (pasted, f"---\n{pasted}\n---\n", json.dumps(event, indent="\t")):
        assert read_cell(body).settings.fields == event
    assert read_cell(pasted).settings.lines["session.instructions"] == 6
    assert read_cell(f"---\n{pasted}\n---\nBe brief.").instructions == "Be brief."


def test_a_prompt_that_begins_with_a_brace_is_a_prompt() -> None:
    for text in ("{name} is your name.", '{"a": 1} is what you say.', "{not json}"):
        assert read_cell(text).instructions == text


def test_words_of_yaml_1_1_mean_themselves() -> None:
    fields = read_cell(
        "---\nlanguage: no\nturn_detection: off\nversion: 2026-01-01\nx: 12:30\ny:\n---"
    ).settings.fields
    assert fields == {
        "language": "no",
        "turn_detection": "off",
        "version": "2026-01-01",
        "x": "12:30",
        "y": None,
    }


def test_expressions_take_values_from_the_notebook() -> None:
    cell = read_cell(
        "---\nvoice: {{voice}}\ntools: {{ tools }}\nspeed: {{n / 2}}\nprompt: {id: p-{{n}}}\n"
        "note: {{evil}}\n---\n"
        "Say {this} for $5, {{ voice.upper() }}, and {{ {'a': n}['a'] }}. \\{{x}}",
        evaluate,
    )
    assert cell.settings.fields == {
        "voice": "marin",
        "tools": NAMES["tools"],
        "speed": 1.5,
        "prompt": {"id": "p-3"},
        "note": "a: b\n- c",
    }
    assert cell.instructions == "Say {this} for $5, MARIN, and 3. {{x}}"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("---\nvoice: marin\n", "line 2: the front matter has no end"),
        (
            "---\nvoice: marin\n  speed: [\n---\nHi",
            r"line 4, column 8: the front matter is not YAML",
        ),
        ('---\n{"voice": "marin",\n "speed" 1}\n---\n', r"line 4, column \d+: .* not JSON"),
        ("---\n- a\n- b\n---\nHi", "line 3: the front matter is a list"),
        ("---\njust words\n---\nHi", "only 'just words'"),
        ("---\n3: x\n---\nHi", "line 3, column 1: the name '3' is no text"),
        ("---\na:\n  null: x\n---\nHi", "line 4, column 3: the name 'null' is no text"),
        ("---\n[a, b]: x\n---\nHi", "line 3, column 1: the name 'a list' is no text"),
        ("---\nvoice: ash\nvoice: marin\n---\nHi", "line 4: 'voice' stands on line 3 too"),
        ("---\na: !!python/name:os.system x\n---\nHi", "line 3.*not YAML"),
        ("---\nvoice: {{nobody}}\n---\nHi", "line 3: {{nobody}}: name 'nobody' is not defined"),
        ("---\nvoice: ash\n---\n\nHi\n{{1/0}}", "line 7: {{1/0}}: division by zero"),
        ("Hi\n{{nobody}}", "line 3: {{nobody}}"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(body: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        read_cell(body, evaluate)
    assert "\n" not in str(caught.value)


def test_a_megabyte_of_instructions_is_read_at_once() -> None:
    text = "Say {this} to {{n}} people.\n" * 40_000
    begin = time.perf_counter()
    cell = read_cell(f"---\nvoice: ash\n---\n{text}", evaluate)
    assert len(cell.instructions) > 900_000
    assert time.perf_counter() - begin < 10


@given(st.text())
def test_no_body_breaks_it(body: str) -> None:
    for text in (body, f"---\n{body}\n---\n", f"---\n{body}", f"---\n{{{body}}}\n---\n"):
        try:
            cell = read_cell(text)
        except ConfigError as error:
            assert "\n" not in str(error)  # noqa: PT017 -- most bodies raise nothing
        else:
            assert isinstance(cell.instructions, str)


@pytest.mark.parametrize(
    ("line", "body", "number"),
    [
        ("--endpoint openai", "---\napi_key: abc\n---\nHi", 3),
        ("", "Hi\nuse sk-proj-abcdefgh12345678_x", 3),
        ("--model ek_68aabbccddeeff001122", "Hi", 1),
        ("", "x\n\nAPI-KEY = 123", 4),
        ("", "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc", 2),
    ],
)
def test_a_key_in_a_cell_is_refused_and_not_repeated(line: str, body: str, number: int) -> None:
    with pytest.raises(UsageError, match=f"line {number} holds what looks like a key") as caught:
        refuse_keys(line, body)
    for word in ("abc", "sk-proj", "ek_68", "123", "eyJ"):
        assert word not in str(caught.value)


def test_a_prompt_about_keys_is_no_key() -> None:
    refuse_keys(
        "", "---\nvoice: ash\n---\nNever ask for an api key. Say task-oriented words; ek_ no."
    )
    refuse_keys("", "---\ntools: [{type: mcp, authorization: '{{token}}'}]\n---\n")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("{{ {'a': {'b': 'ash'}}['a']['b'] }}", "ash"),
        ('{{{"a": {"b": 1}}}}', {"a": {"b": 1}}),
        ('{"id": "{{f"{x}"}}"}', {"id": "7"}),
        ("{{'}}'}}", "}}"),
    ],
)
def test_an_expression_may_hold_braces_itself(written: str, value: object) -> None:
    def of_notebook(code: str) -> object:
        return eval(code, {"x": 7})  # noqa: S307 -- as IPython does

    assert read_cell(f"---\nvoice: {written}\n---", of_notebook).settings.fields == {"voice": value}


def test_nothing_is_evaluated_in_comments_and_empty_braces() -> None:
    cell = read_cell("---\n# voice: {{nobody}}\nvoice: ash\n---\n{{}} and {{1}}", eval)
    assert cell.settings.fields == {"voice": "ash"}
    assert cell.instructions == "{{}} and 1"


def test_the_whole_front_matter_may_be_a_value() -> None:
    config = {"voice": "ash"}
    assert read_cell("---\n{{config}}\n---\nHi", {"config": config}.get).settings.fields == config


def test_a_value_that_cannot_be_a_name_is_told_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"line 3: \{\{\[1\]\}\} is of type list"):
        read_cell("---\n{{[1]}}: 3\n---", eval)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('{"voice": "ash",}', {"voice": "ash"}),
        ('{"tools": {{[1]}}}', {"tools": [1]}),
    ],
)
def test_what_is_meant_as_json_is_no_prompt(body: str, fields: dict[str, object]) -> None:
    assert read_cell(body, eval).settings.fields == fields


@pytest.mark.parametrize("body", ['{"voice": "ash" "speed": 1}', '{\n"type": "realtime"\n'])
def test_json_that_is_none_is_told_and_not_sent_as_a_prompt(body: str) -> None:
    with pytest.raises(ConfigError, match="is not JSON"):
        read_cell(body)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_those_a_person_sees(end: str) -> None:
    body = end.join(["\ufeff---", "voice: ash\t", "---\t ", "A\u2028B\x0cC\x85D", "{{nobody}}"])
    cell = read_cell(body)
    assert cell.settings.fields == {"voice": "ash"}
    assert cell.instructions == "A\u2028B\x0cC\x85D\n{{nobody}}"
    with pytest.raises(ConfigError, match="line 6: "):
        read_cell(body, dict[str, str]().__getitem__)


def test_whole_numbers_are_those_of_yaml_1_2() -> None:
    fields = read_cell("---\na: 010\nb: 09\nc: -5\nd: 0x1F\n---").settings.fields
    assert fields == {"a": 10, "b": 9, "c": -5, "d": 31}


def test_a_tab_is_told_as_one() -> None:
    with pytest.raises(ConfigError, match=r"line 3, column 1: .*blanks in place of the tab"):
        read_cell("---\n\tvoice: ash\n---")


def test_anchors_that_multiply_take_no_time() -> None:
    names = "abcdefghijklmnopqrst"
    lines = ["a: &a [x, x]"]
    lines += [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]" for a, b in pairwise(names)]
    assert read_cell("\n".join(["---", *lines, "---"]), eval).settings.fields["a"] == ["x", "x"]
