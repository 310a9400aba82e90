"""A key that shows itself only when asked by name, and texts whose repr tells nothing."""

from __future__ import annotations

import base64
import contextlib
import hmac
import html
import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, quote_plus

from realtime_nb.protocol.credentials import HIDDEN

if TYPE_CHECKING:
    from typing import Self

BLOT: Final = "[key]"
_SHORTEST_SECRET: Final = 8
_SHORTEST_BEGINNING: Final = 12  # of a key that is cut off; shorter ones tell too little of it
_OF_WORDS: Final = re.compile(r"\s+")
_OF_COOKIES: Final = re.compile(r"[\s;=]+")
_PERCENT: Final = re.compile("%[0-9A-F]{2}")


class Secret:
    """A key that shows itself only through `reveal`.

    Its text, repr and pickle hold nothing of it; a pickled secret comes back empty.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str = "") -> None:
        self.__value = value

    def reveal(self) -> str:
        """Return the key itself."""
        return self.__value

    def scrub(self, text: str) -> str:
        """Return `text` with the key, wherever it stands in it and however, blotted out."""
        if not self.is_secret:
            return text
        for spelling in self.spellings():
            text = text.replace(spelling, BLOT)
        return self._without_beginning(text)

    def _without_beginning(self, text: str) -> str:
        """Return a text without the key that it breaks off in, as a close reason's 123 bytes do."""
        begins = text.rfind(self.__value[:_SHORTEST_BEGINNING])
        if begins < 0 or len(self.__value) < 2 * _SHORTEST_BEGINNING:
            return text
        rest = text[begins:].rstrip(".\u2026 ")
        return text[:begins] + BLOT if self.__value.startswith(rest) else text

    def spellings(self) -> tuple[str, ...]:
        """Return the key as it stands in texts, URLs, HTML and JSON: never log or show them."""
        value = self.__value
        if value.replace("-", "").replace("_", "").isalnum() and value.isascii():
            return (value,)
        told = json.dumps(value)[1:-1]
        quoted = (quote(value, safe=""), quote(value), quote_plus(value))
        small = (_PERCENT.sub(lambda sign: sign[0].lower(), one) for one in quoted)
        marked = (html.escape(value), html.escape(value, quote=False))
        # The longest first: one may stand within another.
        both = {value, *quoted, *small, *marked, told, told.replace("/", "\\/")}
        return tuple(sorted(both, key=len, reverse=True))

    @property
    def is_secret(self) -> bool:
        """Whether it is long enough to be worth hiding.

        People give servers of their own a key such as ``none`` or ``x``; blotting that
        out would maim every other sentence.
        """
        return len(self.__value) >= _SHORTEST_SECRET

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __repr__(self) -> str:
        return "Secret(set)" if self.__value else "Secret(empty)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(
            self.__value.encode(), other.__value.encode()
        )

    def __hash__(self) -> int:
        return hash(self.__value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce__(self) -> tuple[type[Secret], tuple[()]]:
        return (Secret, ())


def keys_in(name: str, value: str) -> list[Secret]:
    """Return the keys in a header's value, each by itself: it may be several cookies, or a login.

    Parameters
    ----------
    name
        The header's; or that of a part of a query.
    value
        What stands there.
    """
    apart = _OF_COOKIES if name.lower().endswith("cookie") else _OF_WORDS
    found = [part for part in apart.split(value) if part]
    if len(found) == len(("Basic", "login")) and found[0].lower() == "basic":
        with contextlib.suppress(ValueError):
            found.append(base64.b64decode(found[1]).decode().partition(":")[2])
    return [Secret(part) for part in found if part]


class Shy(str):
    """A text that a repr does not show: that of a config in a cell's output, or a debugger's.

    It is the text in all else: who compares, sends or prints it has it whole.

    Parameters
    ----------
    text
        The text.
    shown
        What the repr shows in its place.
    """

    __slots__ = ("_shown",)
    _shown: str

    def __new__(cls, text: str, shown: str = HIDDEN) -> Self:
        """Make one of a text."""
        self = super().__new__(cls, text)
        self._shown = shown
        return self

    def __repr__(self) -> str:
        return repr(self._shown)

    def __reduce__(self) -> tuple[type[Shy], tuple[str, str]]:
        return (Shy, (self._shown, self._shown))
