r"""``{{expression}}`` in a cell: values of the notebook, put where they are written.

Single braces and ``$`` are a prompt's own and stay. ``\{{`` writes two braces.

In front matter an expression is taken out before YAML reads the text and its value is put
in afterwards, so that no value can change the meaning of the lines around it:
``tools: {{tools}}`` is the list itself, ``voice: my-{{name}}`` a text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

_EXPRESSION: Final = re.compile(r"\\\{\{|\{\{(.+?)\}\}")
# Private-use characters: printable to YAML, and in nobody's text.
_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
_TOKEN: Final = re.compile(f"{_OPEN}(\\d+){_CLOSE}")


class Expressions:
    """The expressions of one cell.

    Parameters
    ----------
    evaluate
        Gives the value of an expression's text; may raise anything.
    """

    def __init__(self, evaluate: Callable[[str], Any]) -> None:
        self._evaluate = evaluate
        self._values: list[Any] = []

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

        def write(match: re.Match[str]) -> str:
            if match[1] is None:
                return "{{"
            return str(self._value(match, first_line))

        return _EXPRESSION.sub(write, text)

    def hide(self, text: str, first_line: int) -> str:
        """Return `text` with a token for each expression; see `expand` for the rest."""

        def token(match: re.Match[str]) -> str:
            if match[1] is None:
                return "{{"
            self._values.append(self._value(match, first_line))
            return f"{_OPEN}{len(self._values) - 1}{_CLOSE}"

        return _EXPRESSION.sub(token, text)

    def fill(self, value: Any) -> Any:
        """Return what YAML read, with the values in the tokens' places."""
        if isinstance(value, str):
            whole = _TOKEN.fullmatch(value)
            if whole:
                return self._values[int(whole[1])]
            return _TOKEN.sub(lambda match: str(self._values[int(match[1])]), value)
        if isinstance(value, list):
            return [self.fill(part) for part in cast("list[Any]", value)]
        if isinstance(value, dict):
            fields = cast("dict[Any, Any]", value)
            return {self.fill(name): self.fill(part) for name, part in fields.items()}
        return value

    def _value(self, match: re.Match[str], first_line: int) -> Any:
        code = match[1].strip()
        try:
            return self._evaluate(code)
        except Exception as error:  # noqa: BLE001 -- the author's own code
            line = first_line + match.string.count("\n", 0, match.start())
            why = " ".join(str(error).split()) or type(error).__name__
            raise ConfigError(
                f"line {line}: {{{{{code}}}}}: {why[:200]}; run the cell that defines it first, or"
                " write \\{{ for two braces."
            ) from None
