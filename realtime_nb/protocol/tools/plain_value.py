"""Any Python value as what JSON has, within bounds, with notes of what was lost."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import decimal
import enum
import io
import itertools
import math
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final, cast

from realtime_nb.protocol.tools.tables import array_value, is_array, is_table, table_value
from realtime_nb.protocol.whole_text import whole_text

ITEMS_TAKEN: Final = 1000
"""How many entries are taken of a generator."""

_NODES: Final = 50_000
_CHARACTERS: Final = 1_000_000
_LONGEST_TEXT: Final = 20_000
_DEPTH: Final = 24
_ENTRIES: Final = 10_000
_LONGEST_REPR: Final = 2000
_LONGEST_BYTES: Final = 10_000
_BIGGEST_INT: Final = 10**300
_SIMPLE: Final = (dt.date, dt.time, dt.timedelta, uuid.UUID, decimal.Decimal, os.PathLike)
NOT_FINITE: Final = "NaN and infinite numbers, which JSON has not, are null"


class PartText(str):
    """The first characters of a text; `whole` is how many there were."""

    __slots__ = ("whole",)

    whole: int


class PartList(list[Any]):
    """The first entries of a list; `whole` is how many there were, None where nobody knows."""

    whole: int | None = None


class PartDict(dict[str, Any]):
    """The first fields of an object; `whole` is how many there were."""

    whole: int = 0


@dataclass
class Plain:
    """A value as JSON has it.

    Attributes
    ----------
    tree
        None, booleans, finite numbers, texts, and lists and dicts of them: a `PartText`, a
        `PartList` or a `PartDict` where not all of it is there.
    notes
        What else of the value is not in it, one line each.
    """

    tree: Any = None
    notes: list[str] = field(default_factory=list[str])


def make_plain(value: Any) -> Plain:
    """Return `value` as JSON has it; `repr` stands for what it has no form for.

    At most 50,000 values are looked at, 24 levels deep, and about a million
    characters.
    """
    made = _Making()
    tree = made.plain(value, 0)
    return Plain(tree, made.notes)


class _Making:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self._left = _NODES
        self._room = _CHARACTERS
        self._above: set[int] = set()

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def plain(self, value: Any, depth: int) -> Any:  # noqa: PLR0911 -- one line for each kind
        self._left -= 1
        if value is None or isinstance(value, bool):
            return None if value is None else bool(value)
        if isinstance(value, enum.Enum):
            return self.plain(value.value, depth)
        if isinstance(value, str):
            return self._text(str(value))
        if isinstance(value, int):
            return self._integer(int(value))
        if isinstance(value, float):
            return self._number(float(value))
        if isinstance(value, bytes | bytearray | memoryview):
            return _bytes_told(cast("Any", value))
        if id(value) in self._above:
            return "(itself again)"
        if depth >= _DEPTH:
            self.note(f"what is more than {_DEPTH} levels deep stands as text")
            return self._repr(value)
        self._above.add(id(value))
        try:
            return self._made_of(value, depth + 1)
        finally:
            self._above.discard(id(value))

    def _made_of(self, value: Any, depth: int) -> Any:  # noqa: PLR0911 -- one line for each kind
        if is_table(value):
            table, rows = table_value(value)
            return _part_of(self.plain(table, depth), rows)
        if is_array(value):
            return self.plain(array_value(value), depth)
        if isinstance(value, _SIMPLE) or type(value).__module__.partition(".")[0] == "pandas":
            return self._simple(value)
        fields = _fields(value)
        if fields is not None:
            return self._mapping(fields, depth)
        if isinstance(value, PartList):
            part = PartList(self._entries(iter(value), len(value), depth))
            part.whole = value.whole
            return part
        if isinstance(value, Sequence | AbstractSet):
            entries = cast("Any", value)
            return self._entries(iter(entries), len(entries), depth)
        if isinstance(value, Iterator) and not isinstance(value, io.IOBase):
            return self._taken(cast("Iterator[Any]", value), depth)
        return self._repr(value)

    def _repr(self, value: Any) -> str:
        name = type(value).__name__
        try:
            text = repr(value)
        except BaseException as error:  # noqa: BLE001 -- also one that leaves: it is the user's
            self.note(f"a {name} cannot be written: {type(error).__name__}")
            return f"<{name}>"
        return whole_text(text if len(text) <= _LONGEST_REPR else f"{text[:_LONGEST_REPR]}…")

    def _text(self, value: str) -> str:
        self._room -= min(len(value), _LONGEST_TEXT)
        if len(value) <= _LONGEST_TEXT:
            return whole_text(value)
        part = PartText(whole_text(value[:_LONGEST_TEXT]))
        part.whole = len(value)
        return part

    @property
    def _is_full(self) -> bool:
        return self._left <= 0 or self._room <= 0

    def _integer(self, value: int) -> Any:
        if -_BIGGEST_INT < value < _BIGGEST_INT:
            return value
        return f"an integer of {value.bit_length():,} bits"

    def _number(self, value: float) -> float | None:
        if math.isfinite(value):
            return value
        self.note(NOT_FINITE)
        return None

    def _simple(self, value: Any) -> Any:
        if type(value).__name__ in ("NaTType", "NAType"):  # what pandas has for nothing
            self.note(NOT_FINITE)
            return None
        if isinstance(value, decimal.Decimal):
            return self._number(float(value)) if not value.is_finite() else str(value)
        if isinstance(value, dt.date | dt.time):
            return value.isoformat()
        is_path = isinstance(value, os.PathLike)
        return whole_text(os.fsdecode(cast("Any", value)) if is_path else str(value))

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key in itertools.islice(value, _ENTRIES):
            if self._is_full:
                break
            made[self._key(key, made)] = self.plain(value[key], depth)
        return _part_of(made, len(value))

    def _key(self, key: Any, made: Mapping[str, Any]) -> str:
        if isinstance(key, enum.Enum):
            key = key.value
        text = whole_text(str(key)) if isinstance(key, str) else self._repr(key)
        if isinstance(key, dt.date | dt.time):
            text = key.isoformat()
        while text in made:  # 1 and "1" are two keys in Python
            text += "'"
        return text

    def _entries(self, entries: Iterator[Any], length: int, depth: int) -> list[Any]:
        made: list[Any] = []
        for one in itertools.islice(entries, _ENTRIES):
            if self._is_full:
                break
            made.append(self.plain(one, depth))
        return _part_of(made, length)

    def _taken(self, entries: Iterator[Any], depth: int) -> list[Any]:
        """Return what an iterator gives, up to a bound: it may give without end."""
        made: list[Any] = []
        try:
            for one in entries:
                if len(made) >= ITEMS_TAKEN or self._is_full:
                    made = PartList(made)
                    break
                made.append(self.plain(one, depth))
        except Exception as error:  # noqa: BLE001 -- the generator is the user's
            self.note(f"a generator stopped after {len(made):,} entries: {type(error).__name__}")
        with contextlib.suppress(Exception):
            cast("Any", entries).close()
        return made


def _bytes_told(value: Any) -> dict[str, Any]:
    """Return what bytes are: their text where they are a short one, else how they begin."""
    held = memoryview(value)
    start = held.tobytes() if held.nbytes <= _LONGEST_BYTES else b"\xff"
    with contextlib.suppress(UnicodeDecodeError):
        text = start.decode()
        if all(one.isprintable() or one in "\n\r\t" for one in text):
            return {"bytes": held.nbytes, "text": text}
    return {"bytes": held.nbytes, "begins": bytes(value[:16]).hex()}


def _fields(value: Any) -> Mapping[Any, Any] | None:
    """Return the fields of what has them: a mapping, a model, a dataclass, a named tuple."""
    if isinstance(value, Mapping):
        return cast("Mapping[Any, Any]", value)
    if callable(dump := getattr(cast("Any", type(value)), "model_dump", None)):
        dumped: Any = dump(value)
        return cast("dict[str, Any]", dumped) if isinstance(dumped, dict) else {"root": dumped}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [one.name for one in dataclasses.fields(value) if one.repr]
        return {name: getattr(value, name, None) for name in names}
    if isinstance(value, tuple) and hasattr(cast("Any", value), "_asdict"):
        return cast("Any", value)._asdict()
    return None


def _part_of(made: Any, length: int) -> Any:
    """Return `made`, which knows how long the whole is where it is only part of it."""
    if len(made) >= length:
        return made
    part = PartDict(cast("dict[str, Any]", made)) if isinstance(made, dict) else PartList(made)
    part.whole = length
    return part
