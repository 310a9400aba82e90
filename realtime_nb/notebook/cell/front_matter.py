"""Settings as people write them, YAML or JSON, with the line of each."""

# PyYAML has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

import yaml

from realtime_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """What a text of settings says.

    Attributes
    ----------
    fields
        Names and values as written.
    lines
        The line of each, by dotted path (``audio.output.voice``, ``tools[0].name``).
    """

    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    lines: Mapping[str, int] = field(default_factory=dict[str, int])


class _Loader(yaml.SafeLoader):
    """YAML with the scalars of its version 1.2: `no` is a language, 12:30 a text."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("int", r"[-+]?[0-9]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+0123456789."),
    ("merge", r"<<", "<"),
):
    # The empty scalar is null, and has no first character.
    _starts = ["" if letter == "\0" else letter for letter in _first]
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _starts
    )


def _whole_number(_loader: Any, node: Any) -> int:
    # In YAML 1.1, which is what the package reads, 010 is eight and 09 nothing.
    return int(node.value, 16 if node.value[:2] == "0x" else 10)


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)

_LONGEST: Final = 200
_MOST_LINES: Final = 20_000
# YAML takes tabs at the end of a line, its reader does not.
_TRAILING_TAB: Final = re.compile(r"(?m) *\t[ \t]*$")


def read_settings(text: str, first_line: int, *, what: str = "the front matter") -> Settings:
    """Read settings.

    Parameters
    ----------
    text
        YAML, or JSON as it stands in documentation.
    first_line
        The line that `text` begins at, as a person counts, for errors and `lines`.
    what
        What the text is, for errors.

    Raises
    ------
    ConfigError
        With line and column, when it cannot be read, is no set of names and values, has a
        name that is no text, or a name twice.
    """
    # Tabs may indent JSON, and inside its texts they are always escaped.
    is_json = text.lstrip().startswith("{")
    plain = text.replace("\t", "    ") if is_json else _TRAILING_TAB.sub("", text)
    loader = None
    try:
        loader = _Loader(plain)
        node = loader.get_single_node()
        named = _lines(node, "", first_line) if node is not None else ()
        # Anchors may name more than there is room for.
        lines = dict(islice(named, _MOST_LINES))
        value: Any = loader.construct_document(node) if node is not None else {}
    except yaml.MarkedYAMLError as error:
        raise _unreadable(error, plain, first_line, what) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:_LONGEST]
        raise ConfigError(f"line {first_line}: {what} is not YAML: {reason}") from None
    finally:
        if loader is not None:
            loader.dispose()
    if value is None:
        return Settings()
    if not isinstance(value, dict):
        raise ConfigError(
            f"line {first_line}: {what} is {_kind(value)}; write one `name: value` a line."
        )
    return Settings(_as_json(text) or cast("dict[str, Any]", value), lines)


def _lines(node: Any, path: str, first_line: int) -> Iterator[tuple[str, int]]:
    """Yield path and line of all that is named; raise for a name that cannot be one."""
    if isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = first_line + key.start_mark.line
            if key.tag == "tag:yaml.org,2002:merge":
                yield from _lines(value, path, first_line)
                continue
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                shown = key.value if isinstance(key, yaml.ScalarNode) else _kind(key.value)
                column = key.start_mark.column + 1
                raise ConfigError(
                    f"line {line}, column {column}: the name {shown!r} is no text; put it in"
                    " quotes, or write a field's name."
                )
            if key.value in seen:
                raise ConfigError(
                    f"line {line}: {key.value!r} stands on line {seen[key.value]} too; keep one."
                )
            seen[key.value] = line
            where = f"{path}.{key.value}" if path else str(key.value)
            yield where, line
            yield from _lines(value, where, first_line)
    elif isinstance(node, yaml.SequenceNode):
        for place, part in enumerate(node.value):
            where = f"{path}[{place}]"
            yield where, first_line + part.start_mark.line
            yield from _lines(part, where, first_line)


def _unreadable(error: yaml.MarkedYAMLError, text: str, first_line: int, what: str) -> ConfigError:
    mark = error.problem_mark
    line = first_line + (mark.line if mark else 0)
    column = f", column {mark.column + 1}" if mark else ""
    kind = "JSON" if text.lstrip().startswith("{") else "YAML"
    advice = "Write one `name: value` a line, and texts with a colon or braces in quotes."
    if mark is not None and mark.buffer is not None and mark.buffer[mark.pointer] == "\t":
        advice = "Write blanks in place of the tab."
    return ConfigError(f"line {line}{column}: {what} is not {kind}: {error.problem}. {advice}")


def _as_json(text: str) -> dict[str, Any] | None:
    """Return what JSON makes of it: YAML reads escapes such as surrogate pairs otherwise."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else f"only {value!r}"[:_LONGEST]
