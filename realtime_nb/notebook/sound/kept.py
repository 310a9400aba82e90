"""How much sound the results of cells keep in a saved notebook: the newest, up to a limit.

The limit is ``RealtimeMagics.saved_audio_bytes``, as for chats, counted apart. What goes over it
loses its player, the oldest result first; the words stay, and so does the variable.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAYER: Final = re.compile(r'<audio\b[^>]*\bsrc="data:[^"]*"[^>]*>\s*</audio>')
_LEFT_OUT: Final = (
    "<p><small>The sound is left out: it is more than a notebook keeps"
    " (<code>%config RealtimeMagics.saved_audio_bytes</code>). The variable has it.</small></p>"
)


class KeptSound:
    """The results that stand in the notebook with their sound.

    Parameters
    ----------
    limit
        Gives the bytes of sound that all may take together, as they stand in the notebook.
    replace
        Puts another bundle in the place of a result.
    """

    def __init__(
        self, limit: Callable[[], int], replace: Callable[[dict[str, Any], str], None]
    ) -> None:
        self._limit = limit
        self._replace = replace
        self._results: dict[str, tuple[tuple[str, str], dict[str, Any], int]] = {}

    @property
    def size(self) -> int:
        """Bytes of sound that stand in the notebook."""
        return sum(size for _, _, size in self._results.values())

    def fitted(
        self, bundle: dict[str, Any], place: str, cell: str, run: str = ""
    ) -> dict[str, Any]:
        """Return a result as it may be shown, and let older ones go for its sake.

        Parameters
        ----------
        bundle
            The result.
        place
            The display id it is shown under.
        cell
            What names its cell, ``""`` for nothing: a result that an earlier run of the same
            cell left is gone from the page, and counts no more.
        run
            What names this run of it, ``""`` where nothing does.
        """
        self._results = {
            one: kept
            for one, kept in self._results.items()
            if not cell or kept[0][0] != cell or (run and kept[0][1] == run)
        }
        size = sound_bytes(bundle)
        limit = self._limit()
        if size > limit:
            return without_sound(bundle)
        if size:
            self._results[place] = ((cell, run), bundle, size)
        while self.size > limit:
            oldest = next(iter(self._results))
            _, old, _ = self._results.pop(oldest)
            self._replace(without_sound(old), oldest)
        return bundle


def sound_bytes(bundle: dict[str, Any]) -> int:
    """Return how many bytes of a bundle are players."""
    return sum(len(found[0]) for found in _PLAYER.finditer(bundle.get("text/html", "")))


def without_sound(bundle: dict[str, Any]) -> dict[str, Any]:
    """Return a bundle with words in the place of each player."""
    if "text/html" not in bundle:
        return bundle
    return {**bundle, "text/html": _PLAYER.sub(_LEFT_OUT, bundle["text/html"])}
