"""What was asked for, what is in force, and the verdict: the table below a `%%realtime` cell.

Everything in it is a person's or a service's text: it is escaped, and what may be a
credential (a tool's ``authorization`` and ``headers``) is left out.
"""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.notebook.prose import prose
from realtime_nb.protocol.config.paths import MISSING
from realtime_nb.protocol.credentials import SERVER_URL, hide_in_url, hide_variables
from realtime_nb.protocol.shown_text import inert, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.protocol.config.compare import Row

_MARKS: Final = {
    "applied": "✓",
    "completed": "✓",
    "changed by the service": "≠",
    "not reported": "?",
    "refused": "✗",
    "not confirmed": "?",
    "set by the service": "·",
    "from the prompt": "·",
    "still in force": "!",
    "unchanged": "·",
}
_COLOURS: Final = {
    "✓": "var(--jp-success-color1, #388e3c)",
    "✗": "var(--jp-error-color1, #d32f2f)",
    "≠": "var(--jp-warn-color1, #ef6c00)",
    "?": "var(--jp-warn-color1, #ef6c00)",
    "!": "var(--jp-warn-color1, #ef6c00)",
}
_CELL: Final = "text-align: left; vertical-align: top; white-space: pre-wrap"
# Where there is little room, names and long words of a value break, so that the verdict stays in
# view: beside JupyterLab's list of files, a page of 700 px leaves an output some 310.
_SIDES: Final = "padding-left: min(0.5em, 0.4vw); padding-right: min(0.5em, 0.4vw)"
_BREAKS: Final = f"; {_SIDES}; overflow-wrap: anywhere; min-width: clamp"
_WIDTHS: Final = (
    f"{_BREAKS}(5.5em, 30vw - 140px, 17em)",
    f"{_BREAKS}(3em, 9vw, 6em)",
    f"{_BREAKS}(3em, 9vw, 6em)",
    f"{_BREAKS}(4em, 25vw - 110px, 9em)",
)
_QUIET: Final = frozenset({"unchanged", "set by the service"})
# Texts that YAML takes for nothing else.
_BARE: Final = re.compile(r"[A-Za-z_][\w./-]*")
_WORDS: Final = frozenset({"true", "false", "null", "True", "False"})
_HIDDEN: Final = frozenset({"authorization", "headers"})
_PROMPT: Final = frozenset({"id", "version", "variables"})
_BLOT: Final = "[not shown]"
_IN_TEXT: Final = 48
_IN_TABLE: Final = 240
_LEAD: Final = 12  # characters shown before the first that differs
# Words and blanks on either side of a changed one, and the longest text that is compared by words.
_CONTEXT: Final = 10
_LONGEST_DIFF: Final = 20_000
# Pairs of the same word on both sides: ten times as many take thirty times as long.
_MOST_WORK: Final = 100_000


@dataclass(frozen=True)
class ConfigReport:
    """The fields of a session: requested, effective, verdict.

    Attributes
    ----------
    name
        What the chat is called.
    where
        Endpoint and model, for people.
    rows
        One for each field; see `realtime_nb.protocol.config.compare`.
    notes
        What else the author should know, a sentence each.
    lines
        Where in the cell a field stands, by its path: ``line 4``.
    changed_only
        Whether the rows tell a change of a live session: then those that changed come
        first, as was and is, and the others are folded away.
    """

    name: str
    where: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    changed_only: bool = False

    @property
    def refused(self) -> list[Row]:
        """The fields that the service refused."""
        return [row for row in self.rows if row.verdict == "refused"]

    @property
    def changed(self) -> list[Row]:
        """The fields whose value in force is another than before."""
        return [row for row in self.rows if _changed(row)]

    def __getitem__(self, path: str) -> Row:
        """Return the row of a field by its place: ``report["audio.output.voice"]``."""
        for row in self.rows:
            if row.path == path:
                return row
        raise KeyError(path)

    # -- as text

    def __repr__(self) -> str:
        heads, rows, rest = self._layout()
        cells = [_text_row(row, changed=self.changed_only) for row in rows]
        table = _align([list(heads), *cells])
        more = [f"{_fields(rest)} as before."] if self.changed_only and rest else []
        nothing = [] if rows else ["Nothing changed."]
        lines = [f"{self.name}: {self.where}", *table, *nothing, *more, *self.notes]
        # A service or a file may say what turns lines around, or no text can hold.
        return visible("\n".join(lines))

    def _layout(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]], list[Row]]:
        """Return heads, rows of cells, and the rows that are folded away."""
        shown, rest = list(self.rows), list["Row"]()
        if self.changed_only:
            rest = [row for row in self.rows if row.verdict in _QUIET and not _changed(row)]
            shown = [row for row in self.rows if row not in rest]
            cells = [(row.path, *_difference(row), self._verdict(row)) for row in shown]
            return ("field", "was", "is", "verdict"), cells, rest
        return ("field", "requested", "effective", "verdict"), self._all(shown), rest

    def _all(self, rows: Iterable[Row]) -> list[tuple[Any, ...]]:
        return [(row.path, row.requested, row.effective, self._verdict(row)) for row in rows]

    def _verdict(self, row: Row) -> str:
        return "".join(self._verdict_parts(row))

    def _verdict_parts(self, row: Row) -> tuple[str, str]:
        """Return the verdict with its mark, and what more there is to say of it."""
        line = dict(self.lines).get(row.path, "") if row.verdict == "refused" else ""
        more = "".join(f": {part}" for part in (line, row.note) if part)
        return f"{_MARKS[row.verdict]} {row.verdict}", more

    # -- as HTML

    def _repr_html_(self) -> str:
        heads, _, rest = self._layout()
        shown = [row for row in self.rows if row not in rest]
        body = "".join(self._html_row(row) for row in shown)
        parts = [f"<div><b>{_text(self.name)}</b> · {_text(self.where)}</div>"]
        if body:
            parts.append(_table(heads, body))
        else:
            parts.append("<div>Nothing changed.</div>")
        if rest:
            inner = _table(
                ("field", "requested", "effective", "verdict"),
                "".join(self._html_row(row, was=False) for row in rest),
            )
            parts.append(f"<details><summary>{_fields(rest)} as before</summary>{inner}</details>")
        parts += [f"<div>{prose(note)}</div>" for note in self.notes]
        return visible(f'<div class="rnb-config">{"".join(parts)}</div>')

    def _html_row(self, row: Row, *, was: bool = True) -> str:
        marked = self.changed_only and was
        left, right = _difference(row) if marked else (row.requested, row.effective)
        before, after = _pair(left, right, marked=marked)
        colour = _COLOURS.get(_MARKS[row.verdict], "inherit")
        word, more = self._verdict_parts(row)
        # The mark stays beside its word.
        mark, word = word.split(" ", 1)
        first, *others = word.split(" ")
        whole = f'<span style="white-space: nowrap">{_text(f"{mark} {first}")}</span>'
        whole += "".join(f" {_text(other)}" for other in others) + prose(more)
        verdict = f'<span style="color: {colour}">{whole}</span>'
        cells = (f"<code>{_path(row.path)}</code>", before, after, verdict)
        parts = zip(cells, _WIDTHS, strict=True)
        return (
            "<tr>" + "".join(f'<td style="{_CELL}{w}">{cell}</td>' for cell, w in parts) + "</tr>"
        )


def _path(path: str) -> str:
    """Return a field's place, which breaks between its words where it must."""
    return re.sub(r"(?<=[._])(?=[^._])", "<wbr>", _text(path))


def _fields(rows: list[Row]) -> str:
    return "1 field is" if len(rows) == 1 else f"{len(rows)} fields are"


def _changed(row: Row) -> bool:
    return row.was is not MISSING and row.was != row.effective


def _difference(row: Row) -> tuple[Any, Any]:
    """Return what was and what is; of two objects only what differs."""
    before: Any = row.was
    if not isinstance(before, dict) or not isinstance(row.effective, dict):
        return row.was, row.effective
    was, now = cast("dict[str, Any]", before), cast("dict[str, Any]", row.effective)
    names = [name for name in {**was, **now} if was.get(name, MISSING) != now.get(name, MISSING)]
    if not names:
        return was, now
    return _part(was, names), _part(now, names)


def _part(value: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: value[name] for name in names if name in value}


def _table(heads: Iterable[str], body: str) -> str:
    head = "".join(f'<th style="text-align: left; {_SIDES}">{head}</th>' for head in heads)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _text_row(row: tuple[Any, ...], *, changed: bool) -> list[str]:
    path, left, right, verdict = row
    if changed and isinstance(left, str) and isinstance(right, str):
        left, right = _from_difference(left, right)
    return [path, _plain(left, _IN_TEXT), _plain(right, _IN_TEXT), verdict]


def _from_difference(before: str, after: str) -> tuple[str, str]:
    """Return two texts from shortly before where they begin to differ."""
    pairs = enumerate(zip(before, after, strict=False))
    same = next((place for place, (a, b) in pairs if a != b), min(len(before), len(after)))
    start = before.rfind(" ", 0, max(0, same - _LEAD)) + 1
    if start == 0 or max(len(before), len(after)) <= _IN_TEXT:
        return before, after
    return f"… {before[start:]}", f"… {after[start:]}"


def _pair(before: Any, after: Any, *, marked: bool) -> tuple[str, str]:
    """Return two values as HTML; of two texts, the words that differ are marked."""
    if marked and isinstance(before, str) and isinstance(after, str) and before != after:
        return _word_difference(before, after)
    return _text(_plain(before, _IN_TABLE)), _text(_plain(after, _IN_TABLE))


def _word_difference(before: str, after: str) -> tuple[str, str]:
    if len(before) + len(after) > _LONGEST_DIFF:
        return _text(_plain(before, _IN_TABLE)), _text(_plain(after, _IN_TABLE))
    old, new = (re.findall(r"\S+|\s+", text) for text in (before, after))
    if _work(old, new) > _MOST_WORK:
        return _text(_plain(before, _IN_TABLE)), _text(_plain(after, _IN_TABLE))
    was, now = list[str](), list[str]()
    for kind, a, b, c, d in difflib.SequenceMatcher(
        str.isspace, old, new, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            kept = _text(_shortened(old[a:b], first=a == 0, last=b == len(old)))
            was.append(kept)
            now.append(kept)
            continue
        was += [f"<del>{_text(''.join(old[a:b]))}</del>"] if b > a else []
        now += [f"<ins>{_text(''.join(new[c:d]))}</ins>"] if d > c else []
    return "".join(was), "".join(now)


def _work(old: list[str], new: list[str]) -> int:
    """Return how many pairs of the same word there are: what a comparison goes through."""
    words = Counter(word for word in old if not word.isspace())
    return sum(words[word] for word in new)


def _shortened(words: list[str], *, first: bool, last: bool) -> str:
    """Return unchanged words, those far from any change left out."""
    head = [] if first else words[:_CONTEXT]
    tail = [] if last else words[-_CONTEXT:]
    if len(words) <= len(head) + len(tail) + 2:
        return "".join(words)
    text = f"{''.join(head).rstrip()} … {''.join(tail).lstrip()}"
    text = text.lstrip() if first else text
    return text.rstrip() if last else text


def _plain(value: Any, longest: int) -> str:
    """Return a value as one text: as it is written in JSON, a text without its quotes."""
    if value is MISSING:
        return "-"
    text = value if isinstance(value, str) else flow(_masked(value))
    if isinstance(value, str) and not value:
        text = '""'
    if longest < _IN_TABLE:
        text = " ".join(text.split())
    if len(text) <= longest:
        return text
    return f"{text[: longest - 20].rstrip()} … ({len(text):,} characters)"


def flow(value: Any) -> str:
    """Return a value as a cell says it: YAML on one line, texts without needless quotes."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return "{" + ", ".join(f"{name}: {flow(part)}" for name, part in fields.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(part) for part in cast("list[Any]", value)) + "]"
    if isinstance(value, str) and _BARE.fullmatch(value) and value not in _WORDS:
        return value
    # What `--no-check` lets through may be no JSON at all.
    return json.dumps(value, ensure_ascii=False, default=repr)


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if fields.keys() <= _PROMPT:
            fields = cast("dict[str, Any]", hide_variables(fields))
        return {
            name: _BLOT
            if name in _HIDDEN and part
            else _masked(hide_in_url(part) if name == SERVER_URL else part)
            for name, part in fields.items()
        }
    if isinstance(value, list):
        return [_masked(part) for part in cast("list[Any]", value)]
    return value


def _align(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _text(text: str) -> str:
    return inert(text)
