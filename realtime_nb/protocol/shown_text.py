"""Words of other people in HTML: escaped, isolated, and of a length that can be read.

What a model, a service or a file says may hold markup, control characters, marks that turn
the reading direction of all that follows, halves of a character, or a megabyte in one line.
"""

from __future__ import annotations

import html
import json
import unicodedata
from typing import Any, Final

from realtime_nb.errors import UNSEEN, sign_of

_IGNORED: Final = ' class="mathjax_ignore tex2jax_ignore"'


def visible(text: str) -> str:
    """Return `text` with a visible sign in place of each character that is none.

    Lines end as in any text: a carriage return before a line feed says nothing.
    """
    return UNSEEN.sub(sign_of, text.replace("\r\n", "\n"))


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
    """Return `text` as HTML that shows it, turns nothing around it, and is no mathematics."""
    # Whatever the text, the elements are the same.
    return f'<bdi dir="auto"{_IGNORED}>{html.escape(plain(text, longest))}</bdi>'


def inert(text: str) -> str:
    """Return `text` as HTML that is nothing but it: no markup, and no mathematics.

    JupyterLab and nbconvert typeset what stands between dollars in any HTML of an output, and
    mathematics may hold links and styles.

    Parameters
    ----------
    text
        Anybody's; for the content of an element, and for no attribute.
    """
    safe = html.escape(text)
    return f"<span{_IGNORED}>{safe}</span>" if "$" in safe or "\\" in safe else safe


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


def plural(count: int, name: str) -> str:
    """Return so many of something, in words."""
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
