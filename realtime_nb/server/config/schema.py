"""Small checkers from which the tables of session and event fields are made.

A checker takes a parsed JSON value and its dotted path and returns the value, or raises
the `WireError` that the service would answer with. The tables themselves stand in
`config` and `items`; nothing here knows a field's name. This is the server's own
validation on purpose: a check shared with the client would share its mistakes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from realtime_nb.server.wire_errors import (
    WireError,
    invalid_type,
    invalid_value,
    missing_parameter,
    out_of_range,
    shown,
    too_long,
    unknown_parameter,
    unsupported_value,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]


class Check(Protocol):
    """A checker of one JSON value."""

    def check(self, value: Any, path: str) -> Any:
        """Return the value, or raise `WireError` naming `path`."""
        ...


@dataclass(frozen=True)
class Text:
    """A string of at most `longest` characters, matching a regular expression."""

    longest: int | None = None
    pattern: str | None = None

    def check(self, value: Any, path: str) -> Any:
        """Return the string, or raise `WireError`."""
        if not isinstance(value, str):
            raise invalid_type(path, "a string", value)
        if self.longest is not None and len(value) > self.longest:
            raise too_long(path, "string", len(value), self.longest)
        if self.pattern is not None and re.search(self.pattern, value) is None:
            raise invalid_value(
                path,
                "string does not match pattern. Expected a string that matches the pattern "
                f"'{self.pattern}'.",
            )
        return value


@dataclass(frozen=True)
class Choice:
    """One of a few strings."""

    values: tuple[str, ...]

    def check(self, value: Any, path: str) -> Any:
        """Return the string, or raise `WireError`."""
        if not isinstance(value, str):
            raise invalid_type(path, f"one of {', '.join(map(repr, self.values))}", value)
        if value not in self.values:
            raise unsupported_value(path, value, self.values)
        return value


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def check(self, value: Any, path: str) -> Any:
        """Return the boolean, or raise `WireError`."""
        if not isinstance(value, bool):
            raise invalid_type(path, "a boolean", value)
        return value


@dataclass(frozen=True)
class Integer:
    """A whole number within bounds (both included)."""

    low: int | None = None
    high: int | None = None

    def check(self, value: Any, path: str) -> Any:
        """Return the number, or raise `WireError`."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise invalid_type(path, "an integer", value)
        if (self.low is not None and value < self.low) or (
            self.high is not None and value > self.high
        ):
            raise out_of_range(path, value, low=self.low, high=self.high)
        return value


@dataclass(frozen=True)
class Number:
    """A number, whole or not, within bounds (both included)."""

    low: float
    high: float

    def check(self, value: Any, path: str) -> Any:
        """Return the number, or raise `WireError`."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise invalid_type(path, "a decimal", value)
        if not self.low <= value <= self.high:
            raise out_of_range(path, value, low=float(self.low), high=float(self.high))
        return value


@dataclass(frozen=True)
class Constant:
    """One string only, such as the `type` of a tagged object whose tag was read already."""

    value: str

    def check(self, value: Any, path: str) -> Any:
        """Return the string, or raise `WireError`."""
        return Choice((self.value,)).check(value, path)


@dataclass(frozen=True)
class OneOf:
    """A string of a few, or something else by its JSON type.

    Parameters
    ----------
    words
        The strings allowed.
    other
        Checker for every value that is no string.
    """

    words: tuple[str, ...]
    other: Check

    def check(self, value: Any, path: str) -> Any:
        """Return the value, or raise `WireError`."""
        checker: Check = Choice(self.words) if isinstance(value, str) else self.other
        return checker.check(value, path)


@dataclass(frozen=True)
class Nullable:
    """Null, or what `inner` allows."""

    inner: Check

    def check(self, value: Any, path: str) -> Any:
        """Return the value, or raise `WireError`."""
        return None if value is None else self.inner.check(value, path)


@dataclass(frozen=True)
class Listing:
    """An array of at most `most` like entries."""

    inner: Check
    most: int | None = None

    def check(self, value: Any, path: str) -> Any:
        """Return the array, or raise `WireError` naming the entry as ``path[i]``."""
        if not isinstance(value, list):
            raise invalid_type(path, "an array", value)
        entries = cast("list[Any]", value)
        if self.most is not None and len(entries) > self.most:
            raise too_long(path, "array", len(entries), self.most)
        return [self.inner.check(entry, f"{path}[{i}]") for i, entry in enumerate(entries)]


@dataclass(frozen=True)
class OneList:
    """One of a few exact arrays of strings, such as the output modalities.

    Parameters
    ----------
    lists
        The arrays allowed.
    noun
        What the message calls them.
    """

    lists: tuple[tuple[str, ...], ...]
    noun: str

    def check(self, value: Any, path: str) -> Any:
        """Return the array, or raise `WireError`."""
        entries = Listing(Text()).check(value, path)
        if tuple(entries) not in self.lists:
            allowed = " and ".join(str(list(choice)) for choice in self.lists)
            raise WireError(
                f"Invalid {self.noun}: {shown(entries)}. Supported combinations are: {allowed}.",
                code="invalid_value",
                param=path,
            )
        return entries


@dataclass(frozen=True)
class Record:
    """An object with known fields; those absent stay absent."""

    fields: Mapping[str, Check]
    required: tuple[str, ...] = ()

    def check(self, value: Any, path: str) -> Any:
        """Return a checked copy of the object, or raise `WireError`."""
        if not isinstance(value, dict):
            raise invalid_type(path, "an object", value)
        record = cast("Json", value)
        dot = f"{path}." if path else ""
        for key in record:
            if key not in self.fields:
                raise unknown_parameter(f"{dot}{key}")
        for key in self.required:
            if key not in record:
                raise missing_parameter(f"{dot}{key}")
        return {key: self.fields[key].check(entry, f"{dot}{key}") for key, entry in record.items()}


@dataclass(frozen=True)
class Tagged:
    """An object whose `type` says which of several records it is.

    Parameters
    ----------
    records
        Checker for each value of `type`; each must allow `type` itself.
    tag
        Name of the deciding field.
    """

    records: Mapping[str, Check]
    tag: str = "type"

    def check(self, value: Any, path: str) -> Any:
        """Return the checked object, or raise `WireError`."""
        if not isinstance(value, dict):
            raise invalid_type(path, "an object", value)
        record = cast("Json", value)
        where = f"{path}.{self.tag}" if path else self.tag
        if self.tag not in record:
            raise missing_parameter(where)
        kind = Choice(tuple(self.records)).check(record[self.tag], where)
        return self.records[kind].check(record, path)


@dataclass(frozen=True)
class TextMap:
    """An object of strings, such as a response's `metadata`."""

    most: int
    longest_key: int
    longest_value: int

    def check(self, value: Any, path: str) -> Any:
        """Return the object, or raise `WireError`."""
        if not isinstance(value, dict):
            raise invalid_type(path, "an object", value)
        pairs = cast("Json", value)
        if len(pairs) > self.most:
            raise too_long(path, "object", len(pairs), self.most)
        for key, entry in pairs.items():
            if len(key) > self.longest_key:
                raise too_long(path, "key", len(key), self.longest_key)
            Text(self.longest_value).check(entry, f"{path}.{key}")
        return pairs


@dataclass(frozen=True)
class OneOfTypes:
    """A string that `text` allows, or an object that `other` allows."""

    text: Check
    other: Check

    def check(self, value: Any, path: str) -> Any:
        """Return the value, or raise `WireError`."""
        return (self.text if isinstance(value, str) else self.other).check(value, path)


@dataclass(frozen=True)
class OneOfLists:
    """An array that `listing` allows, or an object that `other` allows."""

    listing: Check
    other: Check

    def check(self, value: Any, path: str) -> Any:
        """Return the value, or raise `WireError`."""
        return (self.listing if isinstance(value, list) else self.other).check(value, path)


@dataclass(frozen=True)
class Entries:
    """An object with keys of the client's choice and like values."""

    inner: Check

    def check(self, value: Any, path: str) -> Any:
        """Return the object, or raise `WireError` naming the entry as ``path.key``."""
        entries = AnyObject().check(value, path)
        return {key: self.inner.check(entry, f"{path}.{key}") for key, entry in entries.items()}


@dataclass(frozen=True)
class AnyObject:
    """Any JSON object, such as a JSON schema; kept as it is."""

    def check(self, value: Any, path: str) -> Any:
        """Return the object, or raise `WireError`."""
        if not isinstance(value, dict):
            raise invalid_type(path, "an object", value)
        return cast("Json", value)


@dataclass(frozen=True)
class NotHere:
    """Something the service has and this server has not: always refused, with the reason."""

    why: str
    allowed: tuple[Any, ...] = ()

    def check(self, value: Any, path: str) -> Any:
        """Return the value when it is one of the harmless ones, else raise `WireError`."""
        if value in self.allowed:
            return value
        raise invalid_value(path, self.why)
