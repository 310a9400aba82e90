"""Items as an author writes them, as the wire wants them: checked before anything is sent."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from realtime_nb.errors import ConfigError, ConfigWarning, UsageError
from realtime_nb.protocol.config.review_items import PARTS, ROLES, review_item
from realtime_nb.protocol.conversation.carry import carry_over
from realtime_nb.protocol.conversation.items import Item
from realtime_nb.protocol.ids import new_id
from realtime_nb.protocol.summary import shorten

if TYPE_CHECKING:
    from realtime_nb.protocol.conversation.carry import Pictures

    FindPictures: TypeAlias = Callable[[], Pictures]

MOST_TURNS: Final = 1_000
"""Items that a talk is begun with at the most."""
_PAIR: Final = 2
_SHOWN: Final = 60  # characters of what was given
_TAKES: Final = '("user", "…"), ("assistant", "…"), an item of chat.items, or its dict'


def message(text: str, role: str = "user") -> dict[str, Any]:
    """Return a message of words.

    Raises
    ------
    UsageError
        For no words, or a role that there is not.
    """
    if role not in ROLES:
        raise UsageError(f"there is no role {role!r}; write one of {', '.join(ROLES)}")
    if not isinstance(text, str) or not text.strip():  # pyright: ignore[reportUnnecessaryIsInstance] -- callers err
        shown = repr(text) if isinstance(text, str) else type(text).__name__  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UsageError(f"a message needs some text, and this is {shown}")
    part = {"type": PARTS[role][0], "text": text}
    return {"type": "message", "role": role, "content": [part]}


def picture_message(url: str, detail: str = "auto", text: str | None = None) -> dict[str, Any]:
    """Return a user's message with a picture, and the words before it.

    Parameters
    ----------
    url
        The picture as a ``data:`` URI.
    detail
        ``"auto"``, ``"low"`` or ``"high"``.
    text
        Words that go with it.

    Raises
    ------
    UsageError
        For another `detail`, and for a `text` that is none.
    """
    if detail not in ("auto", "low", "high"):
        raise UsageError(f"detail={detail!r}: write one of 'auto', 'low', 'high'")
    if text is not None and not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers err
        raise UsageError(f"text={text!r}: a picture goes with words, or with none")
    words = [] if text is None or not text.strip() else [{"type": "input_text", "text": text}]
    picture = {"type": "input_image", "image_url": url, "detail": detail}
    return {"type": "message", "role": "user", "content": [*words, picture]}


def item_of(given: Any, role: str = "user", pictures: FindPictures | None = None) -> dict[str, Any]:
    """Return what an author gave as the `item` of a ``conversation.item.create``, with an id.

    Parameters
    ----------
    given
        Words, ``(role, words)``, an `Item` or an item's dict.
    role
        Who says mere words.
    pictures
        Finds those of an `Item`; see `carry.pictures_in`. It is asked only where there are any.

    Raises
    ------
    UsageError
        When it is none of these, or the service would refuse it.
    """
    if isinstance(given, Item):
        return items_of([given], pictures)[0]
    if isinstance(given, Mapping):
        return _checked(dict(cast("Mapping[str, Any]", given)), "item")
    if isinstance(given, str):
        return {"id": new_id("item"), **message(given, role)}
    raise UsageError(f"{type(given).__name__} is no item; give words, {_TAKES}")


def items_of(turns: Any, pictures: FindPictures | None = None) -> list[dict[str, Any]]:
    """Return earlier turns as items, in order, each with an id of its own.

    Parameters
    ----------
    turns
        A list of ``(role, words)``, of dicts, and of `Item`; of a conversation's items those
        that can be told again, see `carry.carry_over`.
    pictures
        Finds those of the items, as for `item_of`.

    Raises
    ------
    UsageError
        For what is no such list; it names the place in it.

    Warns
    -----
    ConfigWarning
        When some of the items cannot be told again: how many, and why.
    """
    if isinstance(turns, str | Mapping) or not isinstance(turns, Iterable):
        raise UsageError(
            f"earlier turns are a list of {_TAKES}; this is {type(cast('Any', turns)).__name__}"
        )
    given: list[Any] = list(islice(cast("Iterable[Any]", turns), MOST_TURNS + 1))
    if len(given) > MOST_TURNS:
        raise UsageError(
            f"a talk is begun with at most {MOST_TURNS:,} turns; give the last of them"
        )
    known = [one for one in given if isinstance(one, Item)]
    shown = any(part.kind == "image" for item in known for part in item.parts.values())
    told = carry_over(known, pictures() if shown and pictures is not None else None)
    if known and len(known) == len(given):
        if not told.items:
            raise UsageError(f"nothing of these can be told again: {', '.join(told.lost)}")
        if told.lost:
            # The frames between are items_of, seed_items and chat.seed.
            warnings.warn(f"not told again: {', '.join(told.lost)}", ConfigWarning, stacklevel=4)
        return [{"id": new_id("item"), **item} for item in told.items]
    if told.lost:
        raise UsageError(f"not all of these items can be told again: {', '.join(told.lost)}")
    again = iter(told.items)
    return [
        {"id": new_id("item"), **next(again)} if isinstance(one, Item) else _turn(one, place)
        for place, one in enumerate(given)
    ]


def _turn(given: Any, place: int) -> dict[str, Any]:
    where = f"turns[{place}]"
    if isinstance(given, Mapping):
        return _checked(dict(cast("Mapping[str, Any]", given)), where)
    pair = cast("tuple[Any, ...]", given) if isinstance(given, tuple | list) else ()
    if len(pair) != _PAIR or not all(isinstance(one, str) for one in pair):
        raise UsageError(f"{where} is {shorten(repr(cast('Any', given)), _SHOWN)}; write {_TAKES}")
    role, words = pair
    try:
        return {"id": new_id("item"), **message(words, role)}
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None


def _checked(item: dict[str, Any], where: str) -> dict[str, Any]:
    # Without a type it is a chat message, as other programs write it.
    words = item.get("content")
    if "type" not in item and set(item) == {"role", "content"} and isinstance(words, str):
        return {"id": new_id("item"), **message(words, str(item["role"]))}
    for problem in review_item(item, where):
        if problem.severity == "error":
            raise ConfigError(f"{problem}.")
    return {"id": new_id("item"), **item}
