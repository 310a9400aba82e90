"""The player that a clip is in a notebook's cell."""

from __future__ import annotations

import base64
import html
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["player_html"]

# Controls, marks that would turn the direction of what follows, and halves of a character.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
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
        A few words for people, which may be anybody's: escaped here, and unable to turn what
        stands around them.
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
    caption = html.escape(_UNSEEN.sub(_sign, caption))
    if too_long:
        player = f"<p>Too long to keep in a notebook: .save('{file}'), or .cut(0, 60).</p>"
    else:
        data = base64.b64encode(sound()).decode("ascii")
        player = (
            f'<audio controls preload="metadata" aria-label="{caption}" '
            f'src="data:{_MEDIA_TYPES[form]};base64,{data}"></audio>'
        )
    return (
        f'<figure style="margin:0">{above}{player}<figcaption><small>'
        # Between dollars JupyterLab would see mathematics, with what links that has.
        f'<bdi dir="auto" class="mathjax_ignore tex2jax_ignore">{caption}</bdi></small>'
        "</figcaption></figure>"
    )


def _sign(found: re.Match[str]) -> str:
    """Return what is seen in the place of what is not."""
    return " " if found[0].isspace() else f"⟨U+{ord(found[0]):04X}⟩"
