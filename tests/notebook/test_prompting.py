from __future__ import annotations

from realtime_nb.notebook.cell.reading import read_cell
from realtime_nb.notebook.prompting import Critique, Findings, SectionGuide, new_cell
from realtime_nb.protocol.prompting.rules import check_prompt
from realtime_nb.protocol.prompting.sections import SECTIONS, template

PROMPT = "Speak only English. Ask again when unclear.\n<script>alert(1)</script> if tries > 3"


def findings(prompt: str, **more: int) -> Findings:
    return Findings(prompt, check_prompt(prompt, ("get_<b>",)), **more)


def test_the_new_cell_is_a_cell_with_the_template_below_front_matter() -> None:
    head, _, body = new_cell("tutor").partition("\n")
    assert head == "%%realtime tutor"
    cell = read_cell(body)
    assert cell.settings.fields == {"voice": "marin"}
    assert cell.instructions == template()


def test_the_guide_has_a_line_for_each_section() -> None:
    assert len(repr(SectionGuide()).splitlines()) == len(SECTIONS)
    shown = SectionGuide()._repr_html_()
    assert shown.count("<tr>") == len(SECTIONS)
    assert "Role &amp; Objective" in shown


def test_findings_as_text_have_line_rule_and_advice() -> None:
    shown = repr(findings(PROMPT))
    assert [line.split()[:2] for line in shown.splitlines()] == [["the", "prompt"], ["line", "2"]]
    assert "numbers" in shown
    assert "more than 3" in shown
    assert "line 6" in repr(findings(PROMPT, lines_above=4))


def test_findings_as_a_table_quote_the_line_and_escape_everything() -> None:
    shown = findings(PROMPT)._repr_html_()
    assert "<script>" not in shown
    assert "get_<b>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; if tries &gt; 3" in shown
    assert shown.count("<tr") == 3
    assert ">6</td>" in findings(PROMPT, lines_above=4)._repr_html_()


def test_a_long_line_is_shortened() -> None:
    assert "y" * 80 + "…" not in findings(PROMPT)._repr_html_()
    shown = findings(PROMPT + "\nx > 5 " + "y" * 500)._repr_html_()
    assert "y" * 90 in shown
    assert "y" * 120 not in shown


def test_nothing_found_says_so() -> None:
    calm = Findings("Speak only English. Ask again when unclear.", ())
    assert "nothing" in repr(calm)
    assert "nothing" in calm._repr_html_()
    assert list(calm) == []
    assert len(calm) == 0


def test_another_language_is_said_to_be_read_in_part() -> None:
    prompt = "Sie sind Ada und beantworten freundlich die Anrufe eines kleinen Hotels am See."
    assert "tools, numbers and blanks" in repr(findings(prompt))
    assert "tools, numbers and blanks" in findings(prompt)._repr_html_()


def test_a_critique_is_shown_as_plain_text() -> None:
    shown = Critique("# Issues\n<img src=x onerror=y>")
    assert "<img" not in shown._repr_html_()
    assert "&lt;img src=x onerror=y&gt;" in shown._repr_html_()
    assert repr(shown).startswith("# Issues")
