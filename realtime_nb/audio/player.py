"""The player that a clip is in a notebook's cell."""

from __future__ import annotations

import base64
import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["player_html"]

_MEDIA_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}


def player_html(  # noqa: PLR0913 -- words and parts of one figure
    sound: Callable[[], bytes],
    caption: str,
    *,
    too_long: bool,
    file: str,
    form: str = "wav",
    above: str = "",
) -> str:
    """Return a player with the sound in it, and its caption.

    Parameters
    ----------
    sound
        Makes the sound file; asked only where it is shown.
    caption
        A few words for people, escaped here.
    too_long
        Whether the sound would make the saved notebook too large: then words stand in its
        place.
    file
        What the author may save it as.
    form
        Of the sound file: ``"wav"`` or ``"mp3"``.
    above
        HTML above the player, put there as it is.
    """
    caption = html.escape(caption)
    if too_long:
        player = f"<p>Too long to keep in a notebook: .save('{file}'), or .cut(0, 60).</p>"
    else:
        data = base64.b64encode(sound()).decode("ascii")
        player = (
            f'<audio controls preload="metadata" aria-label="{caption}" '
            f'src="data:{_MEDIA_TYPES[form]};base64,{data}"></audio>'
        )
    return (
        f'<figure style="margin:0">{above}{player}<figcaption><small>{caption}</small></figcaption>'
        "</figure>"
    )
