from __future__ import annotations

import time

import pytest

from realtime_nb.notebook.config_report import ConfigReport
from realtime_nb.protocol.config.compare import Row, compare
from realtime_nb.protocol.config.paths import MISSING

CREATED = {
    "type": "realtime",
    "model": "gpt-realtime-2.1",
    "instructions": "The service's own.",
    "audio": {"input": {"turn_detection": {"type": "server_vad"}}, "output": {"voice": "alloy"}},
}


def report(rows: list[Row], **fields: object) -> ConfigReport:
    return ConfigReport("chat", "OpenAI · gpt-realtime-2.1", tuple(rows), **fields)


def test_requested_stands_beside_effective_with_a_verdict() -> None:
    effective = {**CREATED, "audio": {"output": {"voice": "marin"}}}
    rows = compare({"audio": {"output": {"voice": "marin"}}}, effective)
    shown = report(rows)
    assert shown["audio.output.voice"].verdict == "applied"
    line = next(line for line in repr(shown).splitlines() if "audio.output.voice" in line)
    assert line.split() == ["audio.output.voice", "marin", "marin", "✓", "applied"]
    assert "instructions" in repr(shown)
    assert "set by the service" in repr(shown)
    assert "✓ applied" in shown._repr_html_()


def test_of_a_change_only_what_changed_is_shown_and_the_words_are_marked() -> None:
    before = {**CREATED, "instructions": "Answer in two short sentences, please."}
    after = {**CREATED, "instructions": "Answer in three short sentences, please."}
    rows = compare({"instructions": after["instructions"]}, after, before=before)
    shown = report(rows, changed_only=True)
    assert [row.path for row in shown.changed] == ["instructions"]
    page = shown._repr_html_()
    head, _, folded = page.partition("<details>")
    assert "<del>two</del>" in head
    assert "<ins>three</ins>" in head
    assert "fields are as before" in folded
    assert "voice</code>" not in head
    assert "voice</code>" in folded
    text = repr(shown).splitlines()
    assert text[1].split() == ["field", "was", "is", "verdict"]
    assert len([line for line in text if "✓" in line]) == 1


def test_as_text_a_long_prompt_is_shown_where_it_changed() -> None:
    before = "word " * 40 + "in two sentences."
    row = Row("instructions", MISSING, before.replace("two", "three"), before, "applied")
    shown = repr(report([row], changed_only=True))
    assert "… word word in two sentences." in shown
    assert "… word word in three sentences." in shown


def test_nothing_changed_is_said() -> None:
    rows = compare({"audio": {"output": {"voice": "alloy"}}}, CREATED, before=CREATED)
    assert "Nothing changed." in repr(report(rows, changed_only=True))
    assert "Nothing changed." in report(rows, changed_only=True)._repr_html_()


def test_a_refused_field_names_its_line() -> None:
    rows = compare({"speed": 9}, CREATED, refused="Unknown parameter: 'session.speed'.")
    shown = report(rows, lines=(("speed", "line 4"),))
    assert [row.path for row in shown.refused] == ["speed"]
    assert "✗ refused: line 4: Unknown parameter" in repr(shown)


def test_nothing_in_it_is_markup_and_nothing_a_credential() -> None:
    tools = [{"type": "mcp", "server_label": "<b>x", "authorization": "tok", "headers": {"a": "b"}}]
    row = Row("tools<i>", tools, "<script>", MISSING, "applied", "<img>")
    shown = report([row], notes=("<a href=x>",))
    page = shown._repr_html_()
    for markup in ("<b>x", "<script>", "<img>", "<i>", "<a "):
        assert markup not in page
    for text in (page, repr(shown)):
        assert "tok" not in text
        assert '"b"' not in text
        assert "&quot;b&quot;" not in text


@pytest.mark.parametrize("size", [300, 1_000_000])
def test_a_long_text_is_shortened(size: int) -> None:
    before, after = "word " * (size // 5), "other " * (size // 5)
    row = Row("instructions", after, after, before, "applied")
    for shown in (report([row]), report([row], changed_only=True)):
        assert len(repr(shown)) < 400
        assert "characters)" in repr(shown)
        assert len(shown._repr_html_()) < 20_000
    assert len(report([Row("x", object(), None, MISSING, "applied")])._repr_html_()) > 0


def test_an_unknown_field_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        report([])["voice"]


def test_what_is_left_out_of_a_text_leaves_no_blank_at_its_edge() -> None:
    before = "word " * 40 + "in two sentences."
    row = Row("instructions", MISSING, before.replace("two", "three"), before, "applied")
    page = report([row], changed_only=True)._repr_html_()
    assert ">… word" in page
    assert "  …" not in page


def test_a_verdict_s_mark_stays_beside_its_word_and_its_advice_shows_code() -> None:
    row = Row("audio.input.turn_detection", MISSING, {}, {}, "still in force", "write `a: <b>`")
    page = report([row])._repr_html_()
    assert '<span style="white-space: nowrap">! still</span> in force: write' in page
    assert "<code>a: &lt;b&gt;</code>" in page


def test_a_field_s_name_breaks_between_its_words() -> None:
    page = report([Row("audio.turn_mode.<b>", MISSING, {}, {}, "unchanged")])._repr_html_()
    assert "<code>audio.<wbr>turn_<wbr>mode.<wbr>&lt;b&gt;</code>" in page


def test_two_prompts_of_the_same_few_words_are_not_compared_for_minutes() -> None:
    before = "a b c d e f g h i j " * 480
    after = "j a i b h c g d f e " * 480
    row = Row("instructions", after, after, before, "applied")
    begun = time.perf_counter()
    page = report([row], changed_only=True)._repr_html_()
    assert time.perf_counter() - begun < 3
    assert "characters)" in page
