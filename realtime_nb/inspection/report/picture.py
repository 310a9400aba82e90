"""The timeline in a report: a picture that is drawn anew only as often as it may be.

Nothing else in a report takes as long: of an hour's talk it is seconds, in which the
conversation's own threads wait for each other.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from realtime_nb.inspection.timeline.svg import as_image
from realtime_nb.inspection.timeline.view import timeline
from realtime_nb.protocol.shown_text import clock, plain

if TYPE_CHECKING:
    from realtime_nb.inspection.talk import Talk

SHARE: Final = 100.0
"""While a talk goes on, one part in so many of the time goes into pictures."""

_LONGEST_NAME: Final = 200
# On a narrow page it is moved sideways: its words would be too small.
_STYLE: Final = "min-width: 640px"


class Picture:
    """A talk's timeline as an image: one that shares no names with the page it stands in.

    Attributes
    ----------
    rest_until
        Until when, by the monotonic clock, it stays as it is while the talk goes on.
    behind
        Whether it lacks what has been logged since.
    """

    def __init__(self) -> None:
        self.rest_until = 0.0
        self.behind = False
        self._html = ""
        self._to_ms = 0.0

    def html(self, talk: Talk, *, whole: bool) -> str:
        """Return it, drawn anew where that is due, or where the whole of it is wanted."""
        began = time.monotonic()
        self.behind = not whole and began < self.rest_until
        if self.behind:
            note = f" up to {clock(self._to_ms)}, the rest follows"
        else:
            self._draw(talk)
            now = time.monotonic()
            self.rest_until = now + SHARE * (now - began)
            note = ""
        if not self._html:
            return ""
        image = f'<div style="overflow-x: auto">{self._html}</div>'
        return f"<details open><summary>Timeline{note}</summary>{image}</details>"

    def _draw(self, talk: Talk) -> None:
        line = timeline(talk)
        self._html = ""
        if not line.marks:
            return
        self._to_ms = line.duration_ms
        name = plain(talk.name, _LONGEST_NAME)
        title = f"Timeline of {name}: {clock(line.duration_ms)}"
        self._html = as_image(line.svg(), title, style=_STYLE)
