"""What is remembered of a session and bounded by count: the newest stay, the oldest go.

A service may tell ids for ever, and a session may be left open overnight. Whoever keeps
something for each id keeps it here, and says at the place how many: `docs/limits.md` names them.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


class BoundedDict(OrderedDict[Key, Value]):
    """A dict of the newest `most` keys; a new key pushes the oldest out.

    A key that is set again keeps its age, unless it was deleted in between.

    Parameters
    ----------
    most
        Keys kept; at least 1.

    Attributes
    ----------
    most
        As given.
    dropped
        How many keys were pushed out.

    Raises
    ------
    UsageError
        When `most` is below 1.
    """

    # Ordered: the first of a plain dict is sought among all those that were deleted before it.

    def __init__(self, most: int) -> None:
        if most < 1:
            raise UsageError(f"what is remembered holds 1 or more, not {most}")
        super().__init__()
        self.most = most
        self.dropped = 0

    def __setitem__(self, key: Key, value: Value) -> None:
        super().__setitem__(key, value)
        if len(self) > self.most:
            self.popitem(last=False)
            self.dropped += 1

    def setdefault(self, key: Key, default: Value | None = None) -> Any:
        """Return the value of a key; where it has none, set it to `default` and return that."""
        # OrderedDict's own goes past `__setitem__`.
        if key not in self:
            self[key] = default  # pyright: ignore[reportArgumentType] -- as dict's own
        return self[key]

    def copy(self) -> BoundedDict[Key, Value]:
        """Return another of the same keys and the same bound."""
        other: BoundedDict[Key, Value] = BoundedDict(self.most)
        other.update(self)
        return other

    def __reduce__(self) -> Any:
        return _restored, (self.most, list(self.items()))


class BoundedSet(Generic[Key]):
    """The newest `most` of what was added; adding again changes nothing.

    Parameters
    ----------
    most
        How many are kept; at least 1.
    """

    def __init__(self, most: int) -> None:
        self._keys: BoundedDict[Key, None] = BoundedDict(most)

    @property
    def most(self) -> int:
        """How many are kept."""
        return self._keys.most

    @property
    def dropped(self) -> int:
        """How many were pushed out."""
        return self._keys.dropped

    def add(self, key: Key) -> None:
        """Remember one; the oldest goes when there are more than `most`."""
        self._keys[key] = None

    def discard(self, key: Key) -> None:
        """Forget one, if it is here."""
        self._keys.pop(key, None)

    def update(self, keys: Iterable[Key]) -> None:
        """Remember several, in their order."""
        for key in keys:
            self.add(key)

    def clear(self) -> None:
        """Forget all."""
        self._keys.clear()

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"BoundedSet({list(self._keys)!r}, most={self.most})"


def _restored(most: int, pairs: list[tuple[Any, Any]]) -> BoundedDict[Any, Any]:
    made: BoundedDict[Any, Any] = BoundedDict(most)
    for key, value in pairs:
        made[key] = value
    return made
