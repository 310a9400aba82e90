"""A tool's parameters, told plainly: references followed, optional types as what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]

_DEEPEST = 24  # rules inside one another, references followed: a schema may refer to itself
_MOST = 2_000  # rules told of one schema: one that refers to itself twice doubles with each step


def properties(
    schema: Mapping[str, Any], depth: int = 0, told: list[int] | None = None
) -> dict[str, Json]:
    """Return the rules of an object's properties, each told plainly; see `plain_rule`."""
    given = schema.get("properties")
    definitions: Any = schema.get("$defs") or schema.get("definitions") or {}
    rules = cast("Json", given) if isinstance(given, dict) else {}
    told = [0] if told is None else told
    return {name: plain_rule(rule, definitions, depth, told) for name, rule in rules.items()}


def required(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the properties that an object must have."""
    names = schema.get("required")
    return tuple(map(str, cast("list[Any]", names))) if isinstance(names, list) else ()


def plain_rule(
    rule: Any, definitions: Any = None, depth: int = 0, told: list[int] | None = None
) -> Json:
    """Return a rule without references and null types; a constant is a choice of one.

    Parameters
    ----------
    rule
        A JSON schema.
    definitions
        The schemas that it may refer to, by name.
    depth
        How many rules it is inside of, references followed.
    told
        One number: how many rules were told of the whole schema; counted on.
    """
    told = [0] if told is None else told
    told[0] += 1
    if not isinstance(rule, dict) or depth > _DEEPEST or told[0] > _MOST:
        return {}
    known = cast("Json", definitions) if isinstance(definitions, dict) else {}
    plain = dict(cast("Json", rule))
    if isinstance(plain.get("$ref"), str):
        name = plain.pop("$ref").rpartition("/")[2]
        return {**plain_rule(known.get(name), known, depth + 1, told), **plain}
    for key in ("anyOf", "oneOf", "allOf"):
        parts = plain.pop(key, None)
        if isinstance(parts, list):
            chosen = [plain_rule(part, known, depth + 1, told) for part in cast("list[Any]", parts)]
            held = [part for part in chosen if part.get("type") != "null"]
            plain = {**(held[0] if held else {}), **plain}
    if isinstance(plain.get("type"), list):
        kinds = [kind for kind in plain["type"] if kind != "null"]
        plain["type"] = kinds[0] if kinds else "null"
    plain = _sane(plain)
    if "items" in plain:
        plain["items"] = plain_rule(plain["items"], known, depth + 1, told)
    if "properties" in plain:
        plain["properties"] = properties({**plain, "$defs": known}, depth + 1, told)
    return plain


def _sane(rule: Json) -> Json:
    """Return a rule with choices that are a list, or none, and with a type that is a word."""
    plain = dict(rule)
    if not isinstance(plain.get("type", ""), str):
        del plain["type"]
    choices = [plain["const"]] if "const" in plain else plain.pop("enum", None)
    if isinstance(choices, list):
        plain["enum"] = [choice for choice in cast("list[Any]", choices) if choice is not None]
    return plain
