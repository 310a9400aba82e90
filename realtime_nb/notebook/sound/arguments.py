"""The line of a magic: words with quotes, options, and what is said to a mistake."""

# IPython's parser has no types.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from IPython.core.error import UsageError as ParseError

from realtime_nb.errors import UsageError
from realtime_nb.notebook.cell.pasted_keys import refuse_keys
from realtime_nb.protocol.config.shapes import nearest

if TYPE_CHECKING:
    from argparse import Namespace

_OPENING: Final = {"(": ")", "[": "]", "{": "}"}
# A quote is one where a value can begin; elsewhere it is an apostrophe.
_BEFORE_QUOTE: Final = frozenset("=([{,: ")


def read_options(magic: Any, line: str, body: str | None = None) -> Namespace:
    """Return the options of a magic's line.

    Parameters
    ----------
    magic
        The magic, decorated with IPython's `magic_arguments`.
    line, body
        What stands behind its name, and below; None for a line without a cell.

    Raises
    ------
    UsageError
        For a key in the cell, an open quote, an option there is not (with the nearest), or a
        value that it does not take.
    """
    refuse_keys(line, body or "")
    parser = magic.parser
    name = f"{'%' if body is None else '%%'}{parser.prog}"
    parser.allow_abbrev = False  # half a name is a slip, and is told its whole
    try:
        options = cast("Namespace", parser.parse_args(split_words(line)))
    except ParseError as error:
        raise UsageError(f"{name}: {error}{_meant(str(error), parser, name)}") from None
    except ValueError as error:
        raise UsageError(f"{name} {line.strip()}: {error}") from None
    for name, value in vars(options).items():
        setattr(options, name, unquoted(value))
    return options


def split_words(line: str) -> list[str]:
    """Return the words of a line; quotes and brackets hold together what has blanks in it.

    Quotes stay, so that a value that begins with a dash is no option, and so that an
    expression keeps its own.

    Raises
    ------
    ValueError
        For a quote that is not closed.
    """
    words, closed = _split(line, brackets=True)
    # A bracket that nobody closes, as in "(sic", is a character like any other.
    return words if closed else _split(line, brackets=False)[0]


def _split(line: str, *, brackets: bool) -> tuple[list[str], bool]:
    words: list[str] = []
    word, quote, before = "", "", " "
    expected: list[str] = []
    for char in line:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and before in _BEFORE_QUOTE:
            quote = char
        elif brackets and char in _OPENING:
            expected.append(_OPENING[char])
        elif expected and char == expected[-1]:
            expected.pop()
        elif char.isspace() and not expected:
            words += [word] if word else []
            word, before = "", " "
            continue
        word, before = word + char, char
    if quote:
        raise ValueError(f"a {quote} is not closed.")
    return words + ([word] if word else []), not expected


def unquoted(value: Any) -> Any:
    """Return a value, or each of a list, without the quotes around the whole of it."""
    if isinstance(value, list):
        return [unquoted(one) for one in cast("list[Any]", value)]
    if not isinstance(value, str) or len(value) < 2:  # noqa: PLR2004 -- two quotes
        return value
    inside = value[1:-1]
    whole = value[0] in "\"'" and value[-1] == value[0] and value[0] not in inside
    return inside if whole else value


def named_value(text: str, option: str) -> tuple[str, str]:
    """Return the two halves of ``NAME=VALUE``.

    Raises
    ------
    UsageError
        Where there is no name or no value.
    """
    name, equals, value = text.partition("=")
    name, value = unquoted(name.strip()), unquoted(value.strip())
    if not (name and equals and value):
        raise UsageError(f"{option} {text}: write {option} NAME=CLIP, e.g. {option} Ann=ann.wav.")
    return name, value


def _meant(error: str, parser: Any, prog: str) -> str:
    """Return what may be meant by an option that there is not."""
    word = re.search(r"unrecognized arguments: (--[\w-]+)", error)
    known = [name for action in getattr(parser, "_actions", ()) for name in action.option_strings]
    near = nearest(word[1], known) if word else ""
    return near or f"; {prog}? explains the options."
