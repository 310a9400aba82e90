"""What a function gave, as the text that a model gets."""

from __future__ import annotations

import json
from typing import Any, Final, cast

from realtime_nb.protocol.tools.plain_value import Plain, make_plain
from realtime_nb.protocol.whole_text import whole_text

OUTPUT_LIMIT: Final = 20_000
"""How many characters a model gets of one output at the most."""

# How many entries are left of a list or an object, and characters of a text in it: the first
# pair that makes the whole short enough is taken.
_ENTRIES: Final = tuple(int(10_000 * 0.75**rung) for rung in range(29))
_ROUNDS: Final = tuple((most, min(4000, max(30, 4 * most))) for most in _ENTRIES)
_NOTES: Final = 5


def output_text(value: Any, limit: int = OUTPUT_LIMIT) -> str:
    """Return what a function gave, as the text that a model gets; it never raises.

    A text goes as it is. Everything else is written as JSON: what JSON has not is described
    (bytes, pictures), taken apart (dataclasses, models, tables as records, arrays), or stands
    by its own `repr`. Where something was left out or changed (a long list, a NaN, which is
    null), the whole is ``{"result": …, "notes": […]}`` and the notes say what.

    Parameters
    ----------
    value
        Anything. A generator is consumed, up to a bound.
    limit
        The longest text, in characters; longer ones are shortened, and say so.
    """
    try:
        if isinstance(value, str):
            return _fitting(whole_text(str(value)), limit)
        return _fitting_json(make_plain(value), limit)
    except BaseException as error:  # noqa: BLE001 -- also a repr that leaves: the model is told
        told = f"the result, a {type(value).__name__}, cannot be written: {type(error).__name__}"
        return as_json({"result": None, "notes": [told]})


def as_json(tree: Any) -> str:
    """Return JSON without blanks, of whole characters."""
    text = json.dumps(tree, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return whole_text(text)


def _fitting(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    told = f"[{len(text):,} characters, of which these are the first]\n"
    return (told + text)[: max(limit, 0)]


def _fitting_json(plain: Plain, limit: int) -> str:
    text = _written(plain, 10**9, 10**9)
    if len(text) <= limit:
        return text
    # The longest that is short enough: each round is shorter than the one before it.
    low, high, best = 0, len(_ROUNDS), None
    while low < high:
        middle = (low + high) // 2
        shorter = _written(plain, *_ROUNDS[middle])
        if len(shorter) <= limit:
            high, best = middle, shorter
        else:
            low = middle + 1
    # Very deep or very wide: what there is of it as text.
    return best if best is not None else _fitting(text, limit)


def _written(plain: Plain, entries: int, characters: int) -> str:
    """Return JSON of which nothing is longer than given, with notes where something was."""
    notes: list[str] = []
    tree = _shortened(plain.tree, entries, characters, notes, "result")
    notes += plain.notes
    if not notes:
        return as_json(tree)
    more = len(notes) - _NOTES
    told = notes[:_NOTES] + ([f"and {more} more of the kind"] if more > 0 else [])
    return as_json({"result": tree, "notes": told})


def _shortened(tree: Any, entries: int, characters: int, notes: list[str], path: str) -> Any:
    """Return a copy of `tree` in which nothing is long; `notes` gets what was cut, and where."""
    if isinstance(tree, str):
        whole, here = getattr(tree, "whole", len(tree)), min(characters, len(tree))
        if here == whole:
            return tree
        notes.append(f"{path} is a text of {whole:,} characters, the first {here:,} are here")
        return tree[:here]
    if isinstance(tree, list):
        held = cast("list[Any]", tree)
        whole, here = getattr(held, "whole", len(held)), min(entries, len(held))
        if whole is None:
            notes.append(f"{path} goes on, the first {here:,} entries are here")
        elif here < whole:
            notes.append(f"{path} has {whole:,} entries, the first {here:,} are here")
        return [
            _shortened(one, entries, characters, notes, f"{path}[{place}]")
            for place, one in enumerate(held[:entries])
        ]
    if isinstance(tree, dict):
        fields = cast("dict[str, Any]", tree)
        whole, here = getattr(fields, "whole", len(fields)), min(entries, len(fields))
        if here < whole:
            notes.append(f"{path} has {whole:,} fields, the first {here:,} are here")
        return {
            key[:characters]: _shortened(
                fields[key], entries, characters, notes, f"{path}.{key[:30]}"
            )
            for key in list(fields)[:entries]
        }
    return tree
