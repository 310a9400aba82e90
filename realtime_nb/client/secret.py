"""A key that shows itself only when asked by name."""

from __future__ import annotations

import hmac
from typing import Any, Final

BLOT: Final = "[key]"
_SHORTEST_SECRET: Final = 8


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
        """Return `text` with the key, wherever it stands in it, blotted out."""
        return text.replace(self.__value, BLOT) if self.is_secret else text

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
