r"""``{{expression}}`` in a cell: values of the notebook, put where they are written.

Single braces and ``$`` are a prompt's own and stay, and so does ``{{}}``. ``\{{`` writes two
braces. An expression ends at the first ``}}`` of its line that makes it whole, so that it may
hold braces itself.

In front matter an expression is taken out before YAML reads the text and its value is put
in afterwards, so that no value can change the meaning of the lines around it:
``tools: {{tools}}`` is the list itself, ``voice: my-{{name}}`` a text. What stands in a comment
is never evaluated. `os` needs no import: credentials are in the environment, and a cell has
their names.
"""

from __future__ import annotations

import os
import re
import warnings
from collections import ChainMap
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OPENING: Final = re.compile(r"\\?\{\{")
# Private-use characters: printable to YAML, and in nobody's text.
_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
_TOKEN: Final = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_NO_VALUE: Final = object()


def evaluator(shell: Any) -> Callable[[str], Any]:
    """Return what gives an expression's value in a notebook, where `os` is known in any case."""

    def value(code: str) -> Any:
        if "os" in shell.user_ns:
            return shell.ev(code)
        names = ChainMap(shell.user_ns, {"os": os})
        with shell.builtin_trap:
            return eval(code, shell.user_global_ns, names)  # noqa: S307 -- the author's own code

    return value


class Expressions:
    """The expressions of one cell.

    Parameters
    ----------
    evaluate
        Gives the value of an expression's text; may raise anything.
    """

    def __init__(self, evaluate: Callable[[str], Any]) -> None:
        self._evaluate = evaluate
        self._hidden: list[tuple[str, int]] = []
        self._values: dict[int, Any] = {}

    def expand(self, text: str, first_line: int) -> str:
        """Return `text` with each expression's value written in its place.

        Parameters
        ----------
        text
            Any text.
        first_line
            The line of the cell it begins at, for errors.

        Raises
        ------
        ConfigError
            When an expression cannot be evaluated; with its line.
        """
        parts = _parts(text)
        return "".join(
            part if line < 0 else self._text(part, first_line + line) for part, line in parts
        )

    def hide(self, text: str, first_line: int) -> str:
        """Return `text` with a token for each expression; nothing is evaluated yet."""
        found = list[str]()
        for part, line in _parts(text):
            if line < 0:
                found.append(part)
            else:
                found.append(f"{_OPEN}{len(self._hidden)}{_CLOSE}")
                self._hidden.append((part, first_line + line))
        return "".join(found)

    def fill(self, value: Any) -> Any:
        """Return what YAML read, with the values in the tokens' places.

        Raises
        ------
        ConfigError
            When an expression cannot be evaluated, or its value cannot be a name; with its
            line.
        """
        return self._filled(value, {})

    def _filled(self, value: Any, done: dict[int, Any]) -> Any:
        if isinstance(value, str):
            whole = _TOKEN.fullmatch(value)
            if whole:
                return self._hidden_value(whole)
            return _TOKEN.sub(self._hidden_text, value)
        # What an anchor names is one object, and stays one: there may be a great many.
        if id(value) not in done:
            done[id(value)] = self._of_parts(value, done)
        return done[id(value)]

    def _of_parts(self, value: Any, done: dict[int, Any]) -> Any:
        if isinstance(value, list):
            return [self._filled(part, done) for part in cast("list[Any]", value)]
        if isinstance(value, dict):
            fields = cast("dict[Any, Any]", value)
            return {self._name(name): self._filled(part, done) for name, part in fields.items()}
        return value

    def whole(self, text: str) -> Any:
        """Return the value where a hidden text is one expression and nothing else, else None."""
        found = _TOKEN.fullmatch(text.strip())
        return self._hidden_value(found) if found else None

    def _name(self, name: Any) -> Any:
        filled = self._filled(name, {})
        if not isinstance(filled, Hashable):
            whole = _TOKEN.fullmatch(cast("str", name))
            code, line = self._hidden[int(whole[1])] if whole else ("", 0)
            kind = type(filled).__name__
            raise ConfigError(
                f"line {line}: {{{{{code}}}}} is of type {kind}, and a name is a text."
            )
        return filled

    def _hidden_value(self, token: re.Match[str]) -> Any:
        number = int(token[1])
        value = self._values.get(number, _NO_VALUE)
        if value is _NO_VALUE:
            code, line = self._hidden[number]
            value = self._values[number] = self._value(code, line)
        return value

    def _hidden_text(self, token: re.Match[str]) -> str:
        code, line = self._hidden[int(token[1])]
        return _as_text(self._hidden_value(token), code, line)

    def _text(self, code: str, line: int) -> str:
        return _as_text(self._value(code, line), code, line)

    def _value(self, code: str, line: int) -> Any:
        try:
            return self._evaluate(code)
        except Exception as error:  # noqa: BLE001 -- the author's own code
            raise _failed(error, code, line) from None


def _as_text(value: Any, code: str, line: int) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 -- the author's own class
        raise _failed(error, code, line) from None


def _failed(error: Exception, code: str, line: int) -> ConfigError:
    why = " ".join(str(error).split()) or type(error).__name__
    return ConfigError(
        f"line {line}: {{{{{code}}}}}: {why[:200]}; run the cell that defines it first, or"
        " write \\{{ for two braces."
    )


def _parts(text: str) -> Iterator[tuple[str, int]]:
    """Yield pieces of text with -1, and expressions with how many lines stand above them."""
    place = line = 0
    while found := _OPENING.search(text, place):
        yield text[place : found.start()], -1
        line += text.count("\n", place, found.start())
        place = found.end()
        end = -1 if found[0].startswith("\\") else _end(text, place)
        if end < 0:
            yield "{{", -1
        else:
            yield text[place:end].strip(), line
            place = end + 2
    yield text[place:], -1


def _end(text: str, start: int) -> int:
    """Return where an expression that begins at `start` ends; -1 where none stands there."""
    stop = text.find("\n", start)
    stop = len(text) if stop < 0 else stop
    first = end = text.find("}}", start, stop)
    if first == start:
        return -1
    while end >= 0:
        if _is_whole(text[start:end]):
            return end
        end = text.find("}}", end + 1, stop)
    return first


def _is_whole(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a prompt is no program to be warned about
            compile(code.strip(), "<expression>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
