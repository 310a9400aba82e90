"""What an MCP server is shown of its user: checked before it is sent, masked in what comes back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.server.wire_errors import invalid_value

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

BLOT: Final = "…"
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?|")
_VALUE_WANTED: Final = "expected printable ASCII characters, with no spaces around them."
# A shorter one may be any word of an output, which masking would only garble.
_SHORTEST_MASKED: Final = 8
_LONGEST_MESSAGE: Final = 500
# Here pydantic begins to quote what it was given, in pieces that no mask would find.
_QUOTED: Final = re.compile(r"\s*\[type=.*", re.DOTALL)


def check_credentials(tool: Json, where: str) -> None:
    """Check what the requests to an MCP server shall carry.

    Parameters
    ----------
    tool
        A checked tool object.
    where
        Where it stands, for messages, which never hold a value.

    Raises
    ------
    WireError
        For what can be no header of HTTP, and for two credentials.
    """
    headers = cast("dict[str, str]", tool.get("headers") or {})
    if any(_NAME.fullmatch(name) is None for name in headers):
        raise invalid_value(f"{where}.headers", "a name in it is no name of an HTTP header.")
    for name, value in headers.items():
        if _VALUE.fullmatch(value) is None:
            raise invalid_value(f"{where}.headers.{name}", _VALUE_WANTED)
    authorization: str = tool.get("authorization") or ""
    if _VALUE.fullmatch(authorization) is None:
        raise invalid_value(f"{where}.authorization", _VALUE_WANTED)
    if authorization and "authorization" in {name.lower() for name in headers}:
        raise invalid_value(
            f"{where}.headers", "give either `authorization` or the header Authorization, not both."
        )


def with_bare_tokens(values: Sequence[str]) -> tuple[str, ...]:
    """Return secrets with the token of each `Bearer TOKEN` beside it, the longest first."""
    found = {part for value in values for part in (value, value.rpartition(" ")[2]) if part}
    return tuple(sorted(found, key=lambda secret: (-len(secret), secret)))


def masked(value: Any, secrets: Sequence[str]) -> Any:
    """Return a JSON value without the secrets that a server has sent back in it.

    Parameters
    ----------
    value
        Strings, lists and objects are looked into.
    secrets
        The longest first; those of less than eight characters are left.
    """
    told = [secret for secret in secrets if len(secret) >= _SHORTEST_MASKED]
    return _without(value, told) if told else value


def _without(value: Any, secrets: Sequence[str]) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, BLOT)
        return value
    if isinstance(value, list):
        return [_without(entry, secrets) for entry in cast("list[Any]", value)]
    if isinstance(value, dict):
        entries = cast("Json", value).items()
        return {_without(key, secrets): _without(entry, secrets) for key, entry in entries}
    return value


def scrubbed(text: str, secrets: Sequence[str]) -> str:
    """Return a message in one line without what is secret."""
    text = _QUOTED.sub("", text)
    for secret in secrets:
        text = text.replace(secret, BLOT)
    return " ".join(text.split())[:_LONGEST_MESSAGE]
