"""The player that a clip is in a notebook's cell."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["player_html"]


def player_html(wav: Callable[[], bytes], caption: str, *, too_long: bool, file: str) -> str:
    """Return a player with the sound in it, and its caption.

    Parameters
    ----------
    wav
        Makes the WAV file; asked only where it is shown.
    caption
        A few words for people, escaped here.
    too_long
        Whether the sound would make the saved notebook too large: then words stand in its
        place.
    file
        What the author may save it as.
    """
    caption = html.escape(caption)
    if too_long:
        player = f"<p>Too long to keep in a notebook: .save('{file}'), or .cut(0, 60).</p>"
    else:
        sound = base64.b64encode(wav()).decode("ascii")
        player = (
            f'<audio controls preload="metadata" aria-label="{caption}" '
            f'src="data:audio/wav;base64,{sound}"></audio>'
        )
    return (
        f'<figure style="margin:0">{player}<figcaption><small>{caption}</small></figcaption>'
        "</figure>"
    )
