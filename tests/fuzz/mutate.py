"""Inputs that are almost right: seeds with values, lines or bytes of them changed."""

# ruff: noqa: E501 -- inputs stand as they are written

from __future__ import annotations

import json
import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

_WORDS = (
    "", " ", "null", "none", "NaN", "-0", "1e400", "true", "root", "auto", "inf", "\x00", "\x1b[31m", "\r\n",
    "\u202e", "\ufeff", "…", "é", "\U0001f600", "\ud800", "=1+1", "../../etc/passwd", "http://[", "data:,",
    "__proto__", "{{1}}", "---", "a" * 600, "ß" * 3000, "%s%n", "-1", "9" * 30, "0x10", "2026-02-30",
)  # fmt: skip
_NUMBERS = (
    0, 1, -1, 2, 127, 128, 255, 256, 65535, 2**31 - 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1,
    2**64, -(2**63), 10**30, 10**400, 0.5, -0.0, 1e-320, 1e308, float("inf"), float("-inf"), float("nan"),
)  # fmt: skip
_DEEP = 600
_MOST = 200_000


class Mutator:
    """Makes inputs of one kind out of seeds.

    Parameters
    ----------
    kind
        ``lines`` (of JSON), ``json``, ``text``, ``bytes`` or ``zip``.
    seeds
        Good inputs.
    chance
        Where chance comes from; the same gives the same.
    """

    def __init__(self, kind: str, seeds: Sequence[bytes], chance: random.Random) -> None:
        self._seeds = list(seeds)
        self._chance = chance
        self._names, self._texts = _vocabulary(seeds)
        self._tokens = sorted({word for seed in seeds for word in seed.split()[:400]})
        makers: dict[str, Callable[[bytes], bytes]] = {
            "lines": self._lines,
            "json": self._one_json,
            "text": self._text,
            "bytes": self._bytes,
            "zip": self._zip,
        }
        self._make = makers[kind]

    def next(self) -> bytes:
        """Return the next input."""
        made = self._make(self._chance.choice(self._seeds))
        if self._chance.random() < 0.08:
            made = self._bytes(made)
        return made[:_MOST]

    # -- JSON

    def _lines(self, seed: bytes) -> bytes:
        chance, lines = self._chance, seed.split(b"\n")
        for _ in range(chance.choice((1, 1, 2, 4))):
            what, at = chance.random(), chance.randrange(len(lines))
            if what < 0.62:
                lines[at] = self._one_json(lines[at])
            elif what < 0.72:
                del lines[at]
            elif what < 0.82:
                lines.insert(chance.randrange(len(lines) + 1), lines[at])
            elif what < 0.92:
                other = chance.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            else:
                other_lines = chance.choice(self._seeds).split(b"\n")
                lines.insert(at, chance.choice(other_lines))
            lines = lines or [b""]
        return b"\n".join(lines)

    def _one_json(self, line: bytes) -> bytes:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return self._bytes(line)
        for _ in range(self._chance.choice((1, 1, 2, 3))):
            value = self._changed(value)
        try:
            return json.dumps(value).encode()
        except RecursionError:
            return line

    def _changed(self, value: Any) -> Any:
        places = list(_places(value, ()))
        way = self._chance.choice(places) if places else ()
        return _put(value, way, self._replace)

    def _replace(self, old: Any) -> Any:
        chance, what = self._chance, self._chance.random()
        if isinstance(old, dict) and old and what < 0.5:
            changed = dict(old)
            name = chance.choice(list(changed))
            if what < 0.2:
                del changed[name]
            elif what < 0.3:
                changed[chance.choice(self._names)] = changed.pop(name)
            else:
                changed[chance.choice(self._names)] = self._value(0)
            return changed
        if isinstance(old, list) and old and what < 0.5:
            at = chance.randrange(len(old))
            if what < 0.2:
                return [*old[:at], *old[at + 1 :]]
            if what < 0.3:
                return old * chance.choice((2, 20, 300))
            return [*old[:at], self._value(0), *old[at:]]
        if isinstance(old, str) and what < 0.4:
            at = chance.randrange(len(old) + 1)
            return old[:at] + chance.choice(_WORDS) + old[at + chance.choice((0, 0, 1, 9)) :]
        return self._value(0)

    def _value(self, depth: int) -> Any:
        chance, what = self._chance, self._chance.random()
        if what < 0.02:
            deep: Any = None
            for _ in range(chance.choice((3, 60, 130, 250, _DEEP))):
                deep = [deep] if chance.random() < 0.5 else {"a": deep}
            return deep
        if what < 0.12:
            return chance.choice((None, True, False, [], {}))
        if what < 0.4:
            return chance.choice(_NUMBERS)
        if what < 0.8 or depth > 3:
            return chance.choice((chance.choice(_WORDS), chance.choice(self._texts)))
        if what < 0.9:
            return [self._value(depth + 1) for _ in range(chance.randrange(4))]
        return {chance.choice(self._names): self._value(depth + 1) for _ in range(3)}

    # -- text

    def _text(self, seed: bytes) -> bytes:
        chance, lines = self._chance, seed.split(b"\n")
        for _ in range(chance.choice((1, 1, 2, 4))):
            what, at = chance.random(), chance.randrange(len(lines))
            if what < 0.15:
                del lines[at]
            elif what < 0.25:
                lines.insert(at, chance.choice(lines))
            elif what < 0.35:
                lines.insert(at, chance.choice(chance.choice(self._seeds).split(b"\n")))
            elif what < 0.45:
                lines[at] = b"  " * chance.randrange(4) + lines[at].lstrip()
            else:
                lines[at] = self._words(lines[at])
            lines = lines or [b""]
        return b"\n".join(lines)

    def _words(self, line: bytes) -> bytes:
        chance = self._chance
        words = line.split(b" ")
        at = chance.randrange(len(words))
        what = chance.random()
        if what < 0.5 and self._tokens:
            words[at] = chance.choice(self._tokens)
        elif what < 0.85:
            words[at] = self._piece()
        else:
            place = chance.randrange(len(words[at]) + 1)
            words[at] = words[at][:place] + self._piece() + words[at][place:]
        return b" ".join(words)

    def _piece(self) -> bytes:
        chance = self._chance
        if chance.random() < 0.3:
            return str(chance.choice(_NUMBERS)).encode()
        if chance.random() < 0.3:
            return chance.choice(b"[]{}()<>:;,#&*!|>'\"%@`=-\\\t\r".decode()).encode()
        return chance.choice(_WORDS).encode("utf-8", "surrogatepass")

    # -- bytes

    def _bytes(self, seed: bytes) -> bytes:
        chance, data = self._chance, bytearray(seed)
        for _ in range(chance.choice((1, 1, 2, 4, 8))):
            at = chance.randrange(len(data) + 1)
            what = chance.random()
            if what < 0.25 and at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            elif what < 0.4 and at < len(data):
                data[at] = chance.choice((0, 255, 127, 128, chance.randrange(256)))
            elif what < 0.6:
                form = chance.choice(("<H", "<I", ">H", ">I", "<Q"))
                most = 256 ** struct.calcsize(form)
                number = chance.choice(
                    (0, 1, most - 1, most // 2, len(data), chance.randrange(most))
                )
                data[at : at + struct.calcsize(form)] = struct.pack(form, number % most)
            elif what < 0.7:
                del data[at:]
            elif what < 0.8:
                del data[at : at + chance.choice((1, 2, 4, 30))]
            elif what < 0.9:
                data[at:at] = chance.randbytes(chance.choice((1, 2, 4, 16, 64)))
            else:
                other = chance.choice(self._seeds)
                begin = chance.randrange(len(other) + 1)
                data[at:at] = other[begin : begin + chance.choice((4, 16, 200))]
        return bytes(data)

    # -- zip files: a member changed and packed again, or the file's own bytes

    def _zip(self, seed: bytes) -> bytes:
        if self._chance.random() < 0.35:
            return self._bytes(seed)
        try:
            with ZipFile(BytesIO(seed)) as file:
                members = {info.filename: file.read(info) for info in file.infolist()}
        except (
            BadZipFile,
            OSError,
            ValueError,
            NotImplementedError,
            RuntimeError,
            zlib.error,
            EOFError,
        ):
            return self._bytes(seed)
        chance = self._chance
        name = chance.choice(list(members))
        what = chance.random()
        if what < 0.08:
            del members[name]
        elif what < 0.12:
            members[name] = bytes(chance.choice((0, 10, 5_000_000)))
        elif what < 0.16:
            members[chance.choice(("../x", "/etc/x", "x" * 300, "", "é", name + "/"))] = b"x"
        elif name.endswith("json"):
            members[name] = self._one_json(members[name])
        elif name.endswith("jsonl"):
            members[name] = self._lines(members[name])
        else:
            members[name] = self._bytes(members[name])
        made = BytesIO()
        with ZipFile(made, "w", ZIP_DEFLATED, compresslevel=1) as file:
            for member, content in members.items():
                file.writestr(member or "-", content)
        return made.getvalue()


def _vocabulary(seeds: Sequence[bytes]) -> tuple[list[str], list[str]]:
    names, texts = {"type", "id", "x"}, set(_WORDS)
    for seed in seeds:
        for line in seed.split(b"\n"):
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            for way in _places(value, ()):
                names.update(step for step in way if isinstance(step, str))
                found = _at(value, way)
                if isinstance(found, str) and len(found) < 2_000:
                    texts.add(found)
    return sorted(names), sorted(texts)


def _places(value: Any, way: tuple[Any, ...]) -> Any:
    if len(way) > 40:
        return
    yield way
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from _places(entry, (*way, name))
    elif isinstance(value, list):
        for at, entry in enumerate(value[:50]):
            yield from _places(entry, (*way, at))


def _at(value: Any, way: tuple[Any, ...]) -> Any:
    for step in way:
        value = value[step]
    return value


def _put(value: Any, way: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    if not way:
        return change(value)
    step, *rest = way
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[step] = _put(value[step], tuple(rest), change)
    return changed
