"""SIP messages (RFC 3261, section 7): from a datagram to its parts, and back.

What a caller sends is untrusted: whatever is no SIP, or too large, is `Malformed`, and what is
written never holds a line break that it was not given one for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

Headers: TypeAlias = Sequence[tuple[str, str]]

MOST_HEADERS: Final = 128
_LONGEST_LINE: Final = 8192
_VERSION: Final = "SIP/2.0"
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_COMPACT: Final = {
    "b": "Referred-By", "c": "Content-Type", "e": "Content-Encoding", "f": "From", "i": "Call-ID",
    "k": "Supported", "l": "Content-Length", "m": "Contact", "o": "Event", "r": "Refer-To",
    "s": "Subject", "t": "To", "u": "Allow-Events", "v": "Via",
}  # fmt: skip
_BREAKS: Final = re.compile(r"[\r\n\0]+")
_STATUS_DIGITS: Final = 3
_MOST_DIGITS: Final = 10


class Malformed(Exception):
    """A datagram that is no SIP message."""


@dataclass(frozen=True, slots=True)
class Message:
    """What requests and responses have in common.

    Parameters
    ----------
    headers
        Names, compact ones written out, and values, in order.
    body
        As long as ``Content-Length`` says.
    """

    headers: tuple[tuple[str, str], ...]
    body: bytes

    def get(self, name: str) -> str:
        """Return the first value of a header, empty when there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        """Return all values of a header, in order."""
        wanted = name.lower()
        return [value for known, value in self.headers if known.lower() == wanted]

    @property
    def call_id(self) -> str:
        """What names the dialogue."""
        return self.get("Call-ID")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method of ``CSeq``."""
        number, _, method = self.get("CSeq").partition(" ")
        return int(number), method.strip()


@dataclass(frozen=True, slots=True)
class Request(Message):
    """A request."""

    method: str
    uri: str

    @property
    def branch(self) -> str:
        """What names its transaction."""
        return parameter(self.get("Via"), "branch")


@dataclass(frozen=True, slots=True)
class Response(Message):
    """A response."""

    status: int
    reason: str


def parse(datagram: bytes) -> Request | Response:
    """Return the message that a datagram holds.

    Raises
    ------
    Malformed
        When it holds none.
    """
    head, blank, rest = datagram.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not blank:
        raise Malformed("its header does not end")
    first, *lines = _unfolded(head.decode("utf-8", "replace"))
    headers = tuple(_header(line) for line in lines)
    if len(headers) > MOST_HEADERS:
        raise Malformed("too many headers")
    message = _first_line(first, headers, rest[: _content_length(headers, len(rest))])
    _check(message)
    return message


def compose(first_line: str, headers: Headers, body: bytes = b"") -> bytes:
    """Return a message as a datagram; ``Content-Length`` is added.

    Parameters
    ----------
    first_line
        Such as ``SIP/2.0 200 OK``.
    headers
        Without ``Content-Length``.
    body
        May be empty.
    """
    lines = [first_line, *(f"{name}: {value}" for name, value in headers)]
    lines.append(f"Content-Length: {len(body)}")
    text = "\r\n".join(_BREAKS.sub(" ", line) for line in lines)
    return text.encode("utf-8", "replace") + b"\r\n\r\n" + body


def parameter(value: str, name: str) -> str:
    """Return a parameter of a header's value, such as the ``tag`` of ``From``; empty for none.

    Parameters of a URI within angle brackets are not those of the header.
    """
    outside = value.rpartition(">")[2] if ">" in value else value
    for part in outside.split(";")[1:] if ">" not in value else outside.split(";"):
        key, _, given = part.partition("=")
        if key.strip().lower() == name:
            return given.strip()
    return ""


def uri_of(value: str) -> str:
    """Return the URI of a ``Contact``, ``From`` or ``To``."""
    _, opened, rest = value.partition("<")
    return rest.partition(">")[0].strip() if opened else value.partition(";")[0].strip()


def _unfolded(head: str) -> list[str]:
    lines: list[str] = []
    for line in head.split("\r\n"):
        if line[:1] in {" ", "\t"} and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line)
        if len(lines[-1]) > _LONGEST_LINE:
            raise Malformed("a line is too long")
    return lines


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name = name.strip()
    if not colon or not _TOKEN.fullmatch(name):
        raise Malformed("a header without a name")
    return _COMPACT.get(name.lower(), name), _BREAKS.sub(" ", value).strip()


def _content_length(headers: Headers, available: int) -> int:
    given = next((value for name, value in headers if name.lower() == "content-length"), None)
    if given is None:
        return available
    if not _is_number(given) or int(given) > available:
        raise Malformed("Content-Length does not fit")
    return int(given)


def _is_number(text: str) -> bool:
    # Python refuses to read a number of thousands of digits, and no honest one has them.
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _first_line(line: str, headers: tuple[tuple[str, str], ...], body: bytes) -> Request | Response:
    parts = line.split(" ", 2)
    if len(parts) < 2:  # noqa: PLR2004 -- at least a version and a status
        raise Malformed("no SIP")
    if parts[0] == _VERSION:
        status = parts[1]
        if len(status) != _STATUS_DIGITS or not status.isascii() or not status.isdigit():
            raise Malformed("no status")
        return Response(headers, body, int(status), parts[2] if len(parts) > 2 else "")  # noqa: PLR2004
    if len(parts) != 3 or parts[2] != _VERSION or not _TOKEN.fullmatch(parts[0]):  # noqa: PLR2004
        raise Malformed("no SIP request")
    return Request(headers, body, parts[0], parts[1])


def _check(message: Message) -> None:
    """Raise for a message that nothing can be answered to."""
    missing = [name for name in ("Via", "From", "To", "Call-ID", "CSeq") if not message.get(name)]
    if missing:
        raise Malformed(f"without {missing[0]}")
    number = message.get("CSeq").partition(" ")[0]
    if not _is_number(number) or int(number) >= 2**31:
        raise Malformed("no CSeq")
    if isinstance(message, Request) and message.cseq[1] != message.method:
        raise Malformed("CSeq names another method")
