"""What ``%realtime prompt`` shows: a cell to begin with, findings, a critique."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from realtime_nb.notebook.prose import prose
from realtime_nb.protocol.prompting.rules import reads_words_of
from realtime_nb.protocol.prompting.sections import SECTIONS, template

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from realtime_nb.protocol.prompting.rules import Finding

_LONGEST_QUOTE: Final = 100
_NONE: Final = "The rules find nothing to say about this prompt."
_FOREIGN: Final = "Most of the rules read English: of this prompt only tools, numbers and blanks."
_CELL: Final = "text-align:left;vertical-align:top"
_QUIET: Final = "color:var(--jp-ui-font-color2,#666)"


def new_cell(name: str) -> str:
    """Return a ``%%realtime`` cell to fill in, with every section of a prompt.

    Parameters
    ----------
    name
        What the chat is to be called.
    """
    return f"%%realtime {name}\n---\nvoice: marin\n---\n{template()}\n"


class SectionGuide:
    """What each section of a prompt is for, as a table below the cell that made a new one."""

    def __repr__(self) -> str:
        return "\n".join(f"{part.title:<24} {part.purpose}" for part in SECTIONS)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="{_CELL}">{html.escape(part.title)}</th>'
            f'<td style="{_CELL}">{html.escape(part.purpose)}</td></tr>'
            for part in SECTIONS
        )
        return f"<table><tbody>{rows}</tbody></table>"


@dataclass(frozen=True)
class Findings:
    """What the rules found, as a table below a cell.

    Attributes
    ----------
    prompt
        The text that was checked.
    findings
        What was found; see `realtime_nb.protocol.prompting.rules.check_prompt`.
    lines_above
        How many lines stand above the prompt in the cell, when lines are to be the cell's.
    """

    prompt: str
    findings: Sequence[Finding]
    lines_above: int = 0

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __repr__(self) -> str:
        said = [
            f"{self._where(one):<10} {one.rule:<14} {one.told(self.lines_above)}; {one.advice}"
            for one in self.findings
        ]
        return "\n".join([*(said or [_NONE]), *self._notes()])

    def _repr_html_(self) -> str:
        notes = "".join(
            f'<div style="{_QUIET}">{html.escape(note)}</div>' for note in self._notes()
        )
        if not self.findings:
            return f"<div>{_NONE}</div>{notes}"
        heads = "".join(
            f'<th style="{_CELL}">{head}</th>' for head in ("line", "found", "write instead")
        )
        rows = "".join(self._row(one) for one in self.findings)
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{notes}"

    def _row(self, finding: Finding) -> str:
        quote = self._quote(finding)
        quoted = f'<br><code style="{_QUIET}">{html.escape(quote)}</code>' if quote else ""
        where = str(finding.line + self.lines_above) if finding.line else "all"
        cells = (
            where,
            prose(finding.told(self.lines_above)) + quoted,
            prose(finding.advice),
        )
        inside = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)
        return f'<tr title="{html.escape(finding.rule, quote=True)}">{inside}</tr>'

    def _where(self, finding: Finding) -> str:
        return f"line {finding.line + self.lines_above}" if finding.line else "the prompt"

    def _quote(self, finding: Finding) -> str:
        """Return the line a finding is about, shortened; ``""`` when it is about them all."""
        lines = self.prompt.split("\n")
        if not 0 < finding.line <= len(lines):
            return ""
        line = lines[finding.line - 1].strip()
        return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"

    def _notes(self) -> list[str]:
        return [] if reads_words_of(self.prompt) else [_FOREIGN]


@dataclass(frozen=True)
class Critique:
    """A chat model's review of a prompt, shown as the plain text it is.

    Attributes
    ----------
    text
        What the model wrote.
    """

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        # A model's words are shown, never interpreted.
        style = "white-space:pre-wrap;font-family:var(--jp-ui-font-family,sans-serif)"
        return f'<div style="{style}">{html.escape(self.text)}</div>'
