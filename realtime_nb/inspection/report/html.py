"""A conversation as one piece of HTML that needs no kernel, no script and no other file.

It is what a saved notebook shows where the live widget cannot be: what was said, with a player
for each turn, the timeline, what was asked of the service and what is in force, what it cost,
how many events passed. All words in it are other people's: they are escaped, isolated and
bounded. Colour and room come as inline styles, pictures as images, sound as ``data:``: what
notebooks keep also where they trust nobody.
"""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.inspection.cost.usage_table import bill
from realtime_nb.inspection.report.counts import Tally
from realtime_nb.inspection.report.images import ReportImages
from realtime_nb.inspection.report.picture import Picture
from realtime_nb.inspection.report.sound import LIMIT_BYTES, Players
from realtime_nb.protocol.shown_text import clock, escaped, plain, value, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from realtime_nb.inspection.cost.usage_table import Bill
    from realtime_nb.inspection.talk import ConfigRow, Talk
    from realtime_nb.protocol.conversation.items import Item

MOST_ITEMS: Final = 400
"""Items that a report shows; the newest ones."""
LONGEST_TEXT: Final = 20_000
"""Characters of one item that a report shows."""
MOST_TEXT: Final = 400_000
"""Characters of all items that a report shows; the newest items win."""

_LONGEST_NAME: Final = 200
_LONGEST_CALL: Final = 2_000
_LONGEST_VALUE: Final = 400
_MOST_KINDS: Final = 100
_MOST_FIELDS: Final = 300
_SPEAKERS: Final = {"user": "You", "assistant": "Assistant", "system": "System"}
_EDGES: Final = {
    "user": "var(--jp-brand-color1, #1976d2)",
    "assistant": "var(--jp-success-color1, #388e3c)",
}
_EDGE: Final = "var(--jp-border-color1, #9e9e9e)"
_CELL: Final = "text-align: left; vertical-align: top; overflow-wrap: anywhere"
_AUDIO: Final = "height: 32px; vertical-align: middle"
_WORDS: Final = "white-space: pre-wrap; overflow-wrap: anywhere"


class Report:
    """The report of one conversation, made anew as that goes on.

    What a turn costs to tell, its sound above all, is made once and kept.

    Parameters
    ----------
    limit_bytes
        What the players take together, as base64; the oldest turns have none past that.

    Attributes
    ----------
    players
        Each turn's sound.
    images
        The pictures that were shown in it.
    picture
        The timeline.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.players = Players(limit_bytes)
        self.images = ReportImages()
        self.picture = Picture()
        self._tally = Tally()
        self._cost: Bill | None = None

    def gather(self, talk: Talk, *, now: float = 0.0) -> None:
        """Take in what is new; see `Players.gather`."""
        self._tally.take(talk.log)
        self._cost = bill(talk)
        self.images.gather(talk.log)
        self.players.gather(talk, now=now)

    def html(self, talk: Talk, *, whole: bool = True) -> str:
        """Return the report as HTML, of what has been gathered.

        Where not the `whole` of it is wanted, the timeline may be an older one; see `Picture`.
        """
        items = _told(talk.conversation.items)
        return "".join(
            (
                self._head(talk, items),
                self._transcript(items),
                self.picture.html(talk, whole=whole),
                _config(talk.config_rows),
                _cost(self._cost),
                self._events(talk),
            )
        )

    def text(self, talk: Talk) -> str:
        """Return the report as plain text: who talked, and what was said."""
        items = _told(talk.conversation.items)
        shown, missing = _newest(items)
        lines = [plain(" · ".join(self._facts(talk, items)), _LONGEST_NAME)]
        if missing:
            lines.append(_earlier(missing))
        lines += [f"{_speaker(item)}: {self._plain(item)}" for item in shown]
        return "\n".join(lines)

    def _plain(self, item: Item) -> str:
        return " ".join(part for part in (self.images.text(item), _plain_words(item)) if part)

    # -- parts

    def _facts(self, talk: Talk, items: Sequence[Item]) -> list[str]:
        turns = sum(item.role == "user" for item in items)
        return [
            f"Chat {talk.name}",
            *([talk.model] if talk.model else []),
            *(["practice server"] if talk.practice else []),
            *([f"{talk.kind} session"] if talk.kind != "realtime" else []),
            f"{turns} turn{'' if turns == 1 else 's'} in {clock(self._tally.last_ms)}",
            *([f"cost {self._cost}"] if self._cost is not None else []),
        ]

    def _head(self, talk: Talk, items: Sequence[Item]) -> str:
        first, *rest = self._facts(talk, items)
        facts = "".join(f" · {escaped(fact, _LONGEST_NAME)}" for fact in rest)
        return f"<p><b>{escaped(first, _LONGEST_NAME)}</b>{facts}</p>"

    def _transcript(self, items: Sequence[Item]) -> str:
        shown, missing = _newest(items)
        parts = [f"<p><small>{_earlier(missing)}</small></p>"] if missing else []
        parts += [self._item(item) for item in shown]
        if not items:
            parts.append("<p>Nothing has been said yet.</p>")
        left_out = len(self.players.left_out)
        if left_out:
            limit = f"{self.players.limit_bytes / 1e6:g} MB"
            parts.append(
                f"<p><small>{left_out} turn{'' if left_out == 1 else 's'} without a player: "
                f"a notebook keeps {limit} of sound, the newest. "
                "<code>%config RealtimeMagics.saved_audio_bytes</code> changes that.</small></p>"
            )
        return "".join(parts)

    def _item(self, item: Item) -> str:
        edge = _EDGES.get(words(item.role), _EDGE)
        who = escaped(_speaker(item), _LONGEST_NAME)
        at = clock(item.started_ms)
        note = _note(item)
        small = f"<small><b>{who}</b> {at}{f' · {escaped(note, _LONGEST_CALL)}' if note else ''}"
        return (
            f'<div style="border-left: 3px solid {edge}; padding: 0 0 0 8px; margin: 8px 0">'
            f"{small}</small>{self.images.html(item)}{_words(item)}"
            f"{self._player(item)}</div>"
        )

    def _player(self, item: Item) -> str:
        player = self.players.by_item.get(item.id)
        if player is None:
            if item.id in self.players.left_out:
                return "<div><small>no player: its sound is over the limit</small></div>"
            return ""
        length = clock(player.duration_ms)
        title = html.escape(f"{_speaker(item)}, {length}")
        # Not loaded before it is played: a notebook may hold a hundred of them.
        return (
            f'<div><audio controls preload="none" title="{title}" style="{_AUDIO}" '
            f'src="{player.uri}"></audio> <small>{length}</small></div>'
        )

    def _events(self, talk: Talk) -> str:
        kinds = sorted(self._tally.kinds.items(), key=lambda kind: (-kind[1].number, kind[0]))
        if not kinds:
            return ""
        rows = [
            (
                "↑ sent" if direction == "sent" else "↓ received",
                f"<code>{escaped(kind, _LONGEST_NAME)}</code>",
                f"{count.number:,}",
                f"{count.size:,}",
            )
            for (direction, kind), count in kinds[:_MOST_KINDS]
        ]
        if len(kinds) > _MOST_KINDS:
            rows.append(("", f"and {len(kinds) - _MOST_KINDS:,} more kinds", "", ""))
        lost = talk.log.dropped_records
        gone = f", {lost:,} of them no longer kept" if lost else ""
        table = _table(("", "event", "number", "bytes"), rows)
        return _folded(f"{self._tally.number:,} events{gone}", table)


def report_html(talk: Talk, *, limit_bytes: int = LIMIT_BYTES) -> str:
    """Return a conversation as HTML that stands alone.

    Parameters
    ----------
    talk
        The conversation.
    limit_bytes
        What its players take together, as base64; the oldest turns have none past that, and
        the report says which.

    Returns
    -------
    str
        A fragment without scripts, links or style sheets, all words in it escaped.
    """
    report = Report(limit_bytes)
    report.gather(talk)
    return report.html(talk)


# -- words


def _told(items: Iterable[Item]) -> list[Item]:
    """Return the items that say anything: a turn that was begun may say nothing yet."""
    return [item for item in items if item.type != "message" or item.role is not None]


def _newest(items: Sequence[Item]) -> tuple[list[Item], int]:
    """Return the newest items that have room, in order, and how many have none."""
    room = MOST_TEXT
    first = len(items)
    while first > max(0, len(items) - MOST_ITEMS):
        item = items[first - 1]
        room -= min(len(item.text), LONGEST_TEXT)
        room -= sum(min(len(text), _LONGEST_CALL) for text in _of_call(item))
        if room < 0:
            break
        first -= 1
    return list(items[first:]), first


def _earlier(number: int) -> str:
    return (
        "1 earlier item is not shown."
        if number == 1
        else f"{number:,} earlier items are not shown."
    )


def _speaker(item: Item) -> str:
    if item.type == "message":
        role = words(item.role)
        return _SPEAKERS.get(role, plain(role, _LONGEST_NAME) or "Message")
    named = (words(name) for name in (item.server, item.name) if name)
    name = "".join(f" {plain(one, _LONGEST_NAME)}" for one in named)
    kind = plain(words(item.type).replace("_", " "), _LONGEST_NAME).capitalize()
    return kind.replace("Mcp", "MCP", 1) + name


def _split(item: Item) -> tuple[str, str]:
    """Return what was heard of an item's words, and what was not."""
    text = item.text
    if _cut_ms(item) is None:
        return text, ""
    heard = item.heard_text
    return heard, text[len(heard) :]


def _cut_ms(item: Item) -> float | None:
    cut: Any = item.truncated_ms  # of the wire
    return cut if isinstance(cut, int | float) and math.isfinite(cut) else None


def _words(item: Item) -> str:
    heard, unheard = _split(item)
    parts = [escaped(heard, LONGEST_TEXT)] if heard else []
    if unheard:
        struck = escaped(unheard, LONGEST_TEXT)
        parts.append(f'<del title="generated, but not heard">{struck}</del>')
    parts += [f"<code>{escaped(text, _LONGEST_CALL)}</code>" for text in _of_call(item)]
    return f'<div style="{_WORDS}">{" ".join(parts)}</div>' if parts else ""


def _of_call(item: Item) -> list[str]:
    """Return the texts of a call, or the names of a server's tools."""
    tools = ", ".join(map(words, item.tools or ()))
    return [text for text in (words(item.arguments), words(item.output), tools) if text]


def _plain_words(item: Item) -> str:
    heard, unheard = _split(item)
    parts = [plain(heard, LONGEST_TEXT)] if heard else []
    parts += [f"[not heard: {plain(unheard.strip(), LONGEST_TEXT)}]"] if unheard else []
    parts += [plain(text, _LONGEST_CALL) for text in _of_call(item)]
    note = _note(item)
    parts += [f"({plain(note, _LONGEST_CALL)})"] if note else []
    return " ".join(parts)


def _note(item: Item) -> str:
    """Return what there is to say about an item beside its words."""
    if item.error:
        return words(item.error)
    if (cut_ms := _cut_ms(item)) is not None:
        return f"cut off after {cut_ms / 1000:.1f} s"
    if item.lost or item.status in ("failed", "incomplete"):
        return "cut off: the connection broke" if item.lost else item.status
    if item.approve is not None:
        return "allowed" if item.approve else "denied"
    if item.awaits_transcript:
        return "not written down"
    return ""


# -- tables


def _cost(cost: Bill | None) -> str:
    if cost is None:
        return ""
    inner = cost._repr_html_()  # pyright: ignore[reportPrivateUsage] -- IPython's protocol
    return _folded("Cost", inner)


def _config(rows: Sequence[ConfigRow]) -> str:
    if not rows:
        return ""
    cells = [
        (
            f"<code>{escaped(str(row['path']), _LONGEST_NAME)}</code>",
            value(row["requested"], _LONGEST_VALUE) if "requested" in row else "",
            value(row["effective"], _LONGEST_VALUE) if "effective" in row else "",
            escaped(": ".join(str(row[n]) for n in ("verdict", "note") if row[n]), _LONGEST_VALUE),
        )
        for row in rows[:_MOST_FIELDS]
    ]
    if len(rows) > _MOST_FIELDS:
        cells.append((f"and {len(rows) - _MOST_FIELDS:,} more fields", "", "", ""))
    table = _table(("field", "requested", "effective", "verdict"), cells)
    return _folded(f"Settings: {len(rows)} fields, requested and effective", table)


def _folded(title: str, inner: str) -> str:
    return f"<details><summary>{html.escape(title)}</summary>{inner}</details>"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th style="text-align: left">{html.escape(name)}</th>' for name in heads)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
