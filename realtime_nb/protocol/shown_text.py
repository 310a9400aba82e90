"""Words of other people in HTML: escaped, isolated, and of a length that can be read.

What a model, a service or a file says may hold markup, control characters, marks that turn
the reading direction of all that follows, halves of a character, or a megabyte in one line.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import Any, Final

# Controls apart from tab and line feed, marks and isolates of direction, and lone surrogates,
# which no UTF-8 can hold.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_PICTURES: Final = 0x2400  # where Unicode keeps pictures of the first 32 control characters
_CONTROLS: Final = 0x20


def visible(text: str) -> str:
    """Return `text` with a visible sign in place of each character that is none.

    Lines end as in any text: a carriage return before a line feed says nothing.
    """
    return _UNSEEN.sub(_sign, text.replace("\r\n", "\n"))


def _sign(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(_PICTURES + code) if code < _CONTROLS else f"⟨U+{code:04X}⟩"


def words(given: Any) -> str:
    """Return what should be a text as one: a service may send anything in its place."""
    if isinstance(given, str):
        return given
    return "" if given is None else json.dumps(given, ensure_ascii=False, default=repr)


def clipped(text: str, longest: int) -> str:
    """Return `text`, its end left out past `longest` characters, and how long it is."""
    if len(text) <= longest:
        return text
    cut = longest
    # Not between a character and what is set upon it.
    while cut > 0 and unicodedata.combining(text[cut]):
        cut -= 1
    return f"{text[:cut]} … ({len(text):,} characters)"


def plain(text: str, longest: int) -> str:
    """Return `text` as it may stand in plain text."""
    return visible(clipped(text, longest))


def escaped(text: str, longest: int) -> str:
    """Return `text` as HTML that shows it and turns nothing around it."""
    return f'<bdi dir="auto">{html.escape(plain(text, longest))}</bdi>'


def value(given: Any, longest: int) -> str:
    """Return a value of a config as HTML: a text as it is, all else as JSON."""
    return escaped("null" if given is None else words(given), longest)


def clock(ms: float) -> str:
    """Return a time as ``1:02.3``, with hours only where there are any."""
    tenths = max(0, round(ms / 100))
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"
