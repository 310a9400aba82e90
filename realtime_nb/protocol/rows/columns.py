"""What an index of rows is made of: columns that grow at one end, and strings by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST: Final = 1024


class Column:
    """A numpy array that grows at its end and is let go of at its start.

    Values are known by their number, counted from the first one ever added.

    Parameters
    ----------
    dtype
        Of the values; it may be a record of several fields.

    Attributes
    ----------
    start
        Number of the first value that is kept.
    end
        How many values were ever added.
    """

    def __init__(self, dtype: Any) -> None:
        self._data: NDArray[Any] = np.zeros(_LEAST, dtype)
        self.start = 0
        self.end = 0

    def __len__(self) -> int:
        return self.end - self.start

    def extend(self, values: NDArray[Any]) -> None:
        """Add values at the end."""
        used = len(self)
        if used + len(values) > len(self._data):
            self._move(used, max(2 * used, used + len(values)))
        self._data[used : used + len(values)] = values
        self.end += len(values)

    def values(self) -> NDArray[Any]:
        """Return all that are kept; good until the next change."""
        return self._data[: len(self)]

    def __getitem__(self, number: int) -> Any:
        return self._data[number - self.start]

    def __setitem__(self, number: int, value: Any) -> None:
        self._data[number - self.start] = value

    def drop(self, number: int) -> None:
        """Let go of all before `number`."""
        kept = self.end - number
        self._data = self._data[number - self.start : self.end - self.start]
        self.start = number
        self._move(kept, max(_LEAST, kept + kept // 2))

    def _move(self, used: int, room: int) -> None:
        moved = np.zeros(room, self._data.dtype)
        moved[:used] = self._data[:used]
        self._data = moved


class Words:
    """Strings by a small number, and back; ``""`` is 0."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {"": 0}
        self._words: list[str] = [""]

    def __len__(self) -> int:
        return len(self._words)

    def __getitem__(self, code: int) -> str:
        return self._words[code]

    def code(self, word: str) -> int:
        """Return the number of a word, a new one for a new word."""
        code = self._codes.get(word)
        if code is None:
            code = self._codes[word] = len(self._words)
            self._words.append(word)
        return code

    def find(self, word: str) -> int:
        """Return the number of a word, -1 for one never seen."""
        return self._codes.get(word, -1)

    def keep(self, codes: NDArray[Any]) -> NDArray[Any]:
        """Let go of all words but those of `codes`; return these as they are numbered now."""
        used = np.union1d(codes, [0])
        self._words = [self._words[code] for code in used]
        self._codes = {word: code for code, word in enumerate(self._words)}
        return np.searchsorted(used, codes)
