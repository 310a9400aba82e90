from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime_nb.protocol.prompting.rules import Finding, check_prompt, reads_words_of
from realtime_nb.protocol.prompting.sections import SECTIONS, template
from tests.protocol.prompting.prompts import GOOD, HOTEL, TUTOR

CALM = "Speak only English. If the audio is unintelligible, ask again. Vary your wording.\n"


def found(text: str, tools: tuple[str, ...] = (), *, but: tuple[str, ...] = ()) -> list[Finding]:
    return [finding for finding in check_prompt(text, tools) if finding.rule not in but]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_prompt_gives_nothing(name: str) -> None:
    text, tools = GOOD[name]
    assert [str(finding) for finding in check_prompt(text, tools)] == []


BAD: list[tuple[str, str, tuple[str, ...], str, int, str]] = [
    # what, prompt, tools, rule, line, a word of the finding
    (
        "no language",
        "Be kind. If you cannot hear, ask to repeat it.",
        (),
        "language",
        0,
        "language",
    ),
    (
        "a language taught is none spoken",
        "You are an English teacher. Ask again when it is unclear.",
        (),
        "language",
        0,
        "language",
    ),
    ("nothing on noise", "Speak only English and be kind.", (), "unclear-audio", 0, "noise"),
    (
        "tool not there",
        CALM + "Call get_weather for the weather.",
        (),
        "unknown-tool",
        2,
        "no tool",
    ),
    (
        "tool by another name",
        CALM + "Use the getWeather tool.",
        ("get_weather",),
        "unknown-tool",
        2,
        "write `get_weather`",
    ),
    ("in backquotes", CALM + "Use the `weather` tool.", ("clock",), "unknown-tool", 2, "weather"),
    ("as a call", CALM + "then refund_credit(id, 60)", ("clock",), "unknown-tool", 2, "refund_"),
    (
        "under the heading",
        CALM + "# Tools\n## verify-identity\nAsk.",
        ("clock",),
        "unknown-tool",
        3,
        "verify-",
    ),
    (
        "in a list",
        CALM + "# Tools\n- give_nir: gives it",
        ("clock",),
        "unknown-tool",
        3,
        "give_nir",
    ),
    ("tool never named", CALM, ("get_weather",), "unnamed-tool", 0, "get_weather"),
    ("part of a word", CALM + "forget_weathering", ("get_weather",), "unnamed-tool", 0, "get_w"),
    ("if x > 3", CALM + "IF x > 3 THEN ESCALATE", (), "numbers", 2, "more than 3"),
    ("count >= 5", CALM + "- when count>=5 stop", (), "numbers", 2, "at least 5"),
    ("money", CALM + "disputes >$50 go to a person", (), "numbers", 2, "more than $50"),
    ("a sign of its own", CALM + "age ≤ 12 rides free", (), "numbers", 2, "at most 12"),
    ("equal", CALM + "tries == 2", (), "numbers", 2, "is 2"),
    (
        "samples",
        "Speak only English. Ask again if unclear.\n\nSample phrases:\n- On it.",
        (),
        "variety",
        3,
        "vary",
    ),
    (
        "length",
        CALM + "# Tone\n- Answer in at most two sentences.\n- Give detailed answers.",
        (),
        "length",
        4,
        "line 3",
    ),
    (
        "counts",
        CALM + "# Length\n2-3 sentences a turn.\n# Rules\nRespond in one sentence.",
        (),
        "length",
        5,
        "2-3",
    ),
    (
        "at least",
        CALM + "Never answer with more than two sentences.\nReply in at least 5 sentences.",
        (),
        "length",
        3,
        "line 2",
    ),
    (
        "always and never",
        CALM + "- Always greet the caller.\n- Don't greet the caller.",
        (),
        "conflict",
        3,
        "line 2",
    ),
    ("inaudible", CALM.replace("unintelligible", "inaudible"), (), "inaudible", 1, "unintell"),
    ("a blank", CALM + "You work for [SHOP_NAME].", (), "blank", 2, "SHOP_NAME"),
    ("a note", CALM + "TODO say more", (), "blank", 2, "TODO"),
    (
        "no headings",
        CALM + "Say what you know about the shop.\n" * 60,
        (),
        "sections",
        0,
        "heading",
    ),
    ("a wall", CALM + "# Rules\n" + "say this " * 100, (), "paragraph", 3, "200 words"),
    ("shouting", CALM + "PLEASE NEVER FORGET THIS RULE " * 20, (), "capitals", 0, "capitals"),
    ("nothing at all", " \n", (), "empty", 0, "no instructions"),
]


@pytest.mark.parametrize(
    ("text", "tools", "rule", "line", "said"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_what_the_guide_warns_of_is_found(
    text: str, tools: tuple[str, ...], rule: str, line: int, said: str
) -> None:
    others = () if rule == "unnamed-tool" else ("unnamed-tool",)
    (finding,) = found(text, tools, but=others)
    assert (finding.rule, finding.line) == (rule, line)
    assert said in str(finding)
    assert "\n" not in str(finding)


@pytest.mark.parametrize(
    "line",
    [
        "Be brief. When asked for more, give detailed answers.",
        "Be brief. Avoid long answers.",
        "Be brief, never too detailed.",
        "Always ask for the name before booking. Never ask for the name when paying.",
        "For tools marked A: do not ask for confirmation. Always ask for confirmation.",
        "Never say never. Always say please.",
        "- `note`: a word in backquotes that no list of tools holds",
        "Collect phone_number and zip_code for later.",
        "Go to step 2 --> 3, or press <1>.",
        "You will be given detailed response instructions. Be concise.",
        "A long story is told in detail. Be concise.",
    ],
)
def test_what_is_no_mistake_is_left_alone(line: str) -> None:
    assert found(CALM + line) == []


@pytest.mark.parametrize(
    "rule",
    [
        "Answer in Georgian.",
        "Speak Basque.",
        "Mirror the language of the caller.",
        "## Language\n- As they do.",
        "The conversation will be only in English.",
        "Always communicate in English, whatever they speak.",
        "Reply in whatever language the user speaks.",
    ],
)
def test_a_language_rule_is_known_by_many_words(rule: str) -> None:
    assert found(f"{rule}\nIf unclear, ask again.") == []


@pytest.mark.parametrize(
    "rule",
    [
        "If you didn't catch it, ask.",
        "You cannot always hear the caller well.",
        "If the query is gibberish, ask them to repeat it.",
        "Ignore background noise.",
        "Stay silent on silence.",
        "Only respond to clear audio or text.",
    ],
)
def test_a_rule_for_unclear_audio_is_known_by_many_words(rule: str) -> None:
    assert found(f"Speak only English.\n{rule}") == []


@pytest.mark.parametrize(
    "rule",
    [
        "Do not always use these examples, vary your responses.",
        "For inspiration only.",
        "Don't reuse the same phrase.",
        "Never say the same sentence twice.",
    ],
)
def test_a_variety_rule_is_known_by_many_words(rule: str) -> None:
    assert found(f"Speak English. If unclear, ask.\nSample phrases:\n- On it.\n{rule}") == []


def test_the_template_has_blanks_to_fill_in_and_nothing_else() -> None:
    text = template()
    assert {finding.rule for finding in check_prompt(text)} == {"blank"}
    assert [line[2:] for line in text.splitlines() if line.startswith("# ")] == [
        part.title for part in SECTIONS
    ]
    assert "{{" not in text


def test_findings_come_by_line_with_the_whole_first() -> None:
    lines = [finding.line for finding in check_prompt("x > 3\nCall get_time.\ny < 4", ("clock",))]
    assert lines == sorted(lines)
    assert lines[0] == 0
    assert lines[-1] == 3


def test_names_of_tools_that_are_not_known_here_are_believed() -> None:
    text = CALM + "Call search_mail, then get_time."
    assert [f.rule for f in check_prompt(text, ("get_time",))] == ["unknown-tool"]
    assert check_prompt(text, ("get_time",), more_tools=True) == []


def test_line_breaks_of_windows_and_bold_headings_are_read() -> None:
    text = "**Length**\r\n2-3 sentences.\r\n**Answer in one sentence.**\r\nTries > 3 end it.\r\n"
    assert [(f.line, f.rule) for f in check_prompt(CALM + text)] == [(4, "length"), (5, "numbers")]


def test_a_long_list_of_findings_is_cut() -> None:
    assert len(check_prompt(CALM + "tries > 3\n" * 1000)) == 50


def test_another_language_is_read_for_tools_and_numbers_only() -> None:
    text = (
        "# Rolle\nSie sind Sandra und verkaufen Fahrräder. Fragen Sie freundlich nach dem Wunsch,"
        " und nennen Sie den Preis.\nWenn Versuche > 3, rufen Sie book_ride(id) auf."
    )
    assert not reads_words_of(text)
    assert [finding.rule for finding in check_prompt(text, ("clock",))] == [
        "unnamed-tool",
        "numbers",
        "unknown-tool",
    ]
    assert reads_words_of(HOTEL)
    assert reads_words_of(TUTOR)


@settings(max_examples=60)
@given(
    st.text(),
    st.lists(
        st.sampled_from(["# Tools", "call get_x", "x > 3", "always", "`", "(", "**a**"]), max_size=6
    ),
)
def test_no_text_breaks_it(text: str, parts: list[str]) -> None:
    whole = "\n".join([text, *parts])
    for finding in check_prompt(whole, ("get_y", "", "é-1")):
        assert 0 <= finding.line <= whole.count("\n") + 1
        assert finding.message
        assert finding.advice


# What takes longest of much else that was tried.
@pytest.mark.parametrize("piece", ["a", "# a\n", "Be brief.\n", "not ", "a_"])
def test_a_megabyte_is_read_in_a_moment(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    started = time.process_time()
    assert len(check_prompt(text, ("get_weather",))) < 200
    assert time.process_time() - started < 10
