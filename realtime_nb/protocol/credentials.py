"""What is secret in events, configs and texts, and what is told in its place: the one place.

By field: `hide_fields` knows the names under which credentials travel. By look: `KEYS` knows
how services' keys begin. By value: `hide_texts` goes through every text, for who knows the
values (`realtime_nb.client.redaction`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

CREDENTIALS: Final = ("authorization", "headers")
"""Fields of a tool that a service takes and does not tell again."""

SERVER_URL: Final = "server_url"
"""The field of a tool that says where its server is; many put their key into its query."""

HIDDEN: Final = "[not shown]"
"""What stands in place of a credential."""

KEYS: Final = re.compile(
    r"\b(?:sk-|ek_|whsec_)[\w-]{16,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.|\b(?=\w*\d)[A-Za-z0-9]{80,}\b"
)
"""What looks like a key: OpenAI's, ephemeral ones, webhooks' secrets, tokens of Entra (JWT),
and Azure's long keys."""

_EPHEMERAL: Final = frozenset({"client_secret", "ephemeral_key"})
_VARIABLES: Final = "variables"
_DEEPEST: Final = 16
# What is meant for one and has another name goes out as well, and is refused.
_NAMES: Final = frozenset(
    {
        *CREDENTIALS, "authorisation", "accesstoken", "apikey", "bearer", "cookie", "openaiapikey",
        "password", "secret", "token", "webhooksecret", "xapikey",
    }
)  # fmt: skip
_KEY_NAMES: Final = (
    "auth", "authorization", "bearer", "cookie", "credential", "credentials", "key", "passwd",
    "password", "secret", "sig", "signature", "token",
)  # fmt: skip
# In there a name is that of an argument, and not of what it is.
_SCHEMAS: Final = frozenset({"parameters", "properties", "input_schema", "schema"})
# Of a token of a transcript, which is no key: {"token": "Hel", "logprob": -0.1}.
_OF_WORDS: Final = "logprob"
_LONE_KEY: Final = re.compile(rb"\b(?:sk-|ek_|whsec_)[\w-]{16,}")
_USERS: Final = re.compile(r"(?<=://)[^\s/?#@]*@")


@lru_cache(maxsize=1024)
def is_credential(name: str) -> bool:
    """Return whether a field of that name holds a credential, or is meant to."""
    return name.lower().replace("_", "").replace("-", "") in _NAMES


def is_key_name(name: str) -> bool:
    """Return whether the name of a header, or of a part of a query, ends as that of a key does."""
    return name.lower().endswith(_KEY_NAMES)


def hide_fields(
    value: Any, word: str = HIDDEN, found: Callable[[str, str], object] | None = None
) -> Any:
    """Return an event's data, or a part of it, with a word in place of each credential.

    Those of tools and sessions, wherever a field is called like one, the values put into a
    stored prompt (nobody can tell which are secret), and passwords and queries of tools'
    servers. Schemas of arguments and the arguments themselves stay as they are.

    Parameters
    ----------
    value
        As parsed; returned itself when it holds none, and never changed.
    word
        What stands in place of a credential.
    found
        Called with the name and the text of each credential that was hidden; not with a prompt's
        values or queries.
    """
    return _Hiding(word, found).clean(value, 0)


class _Hiding:
    def __init__(self, word: str, found: Callable[[str, str], object] | None) -> None:
        self._word = word
        self._found = found

    def clean(self, value: Any, depth: int, *, tool: bool = False) -> Any:
        if depth > _DEEPEST:
            return value
        if isinstance(value, list):
            entries = cast("list[Any]", value)
            cleaned = [self.clean(entry, depth + 1, tool=tool) for entry in entries]
            same = all(one is other for one, other in zip(cleaned, entries, strict=True))
            return entries if same else cleaned
        if not isinstance(value, dict):
            return value
        told = cast("dict[str, Any]", value)
        inside = tool or told.get("type") == "mcp"
        found = {
            name: self._field(name, part, told, depth, tool=inside) for name, part in told.items()
        }
        return told if all(found[name] is part for name, part in told.items()) else found

    def _field(
        self, name: str, part: Any, holder: dict[str, Any], depth: int, *, tool: bool
    ) -> Any:
        if not part or name in _SCHEMAS:
            return part
        if name == _VARIABLES and "id" in holder and isinstance(part, dict):  # of a stored prompt
            return dict.fromkeys(cast("dict[str, Any]", part), HIDDEN)
        if name == SERVER_URL:
            hidden = hide_in_url(part)
            return part if hidden == part else hidden
        if name in _EPHEMERAL or (
            is_credential(name) and (tool or (_is_told(part) and _OF_WORDS not in holder))
        ):
            return self._hidden(name, part)
        return self.clean(part, depth + 1, tool=name == "tools")

    def _hidden(self, name: str, part: Any) -> Any:
        if isinstance(part, dict):
            fields = cast("dict[str, Any]", part)
            return {
                one: self._hidden(one, value) if value else value for one, value in fields.items()
            }
        if part == self._word:
            return part
        if self._found is not None:
            for one in cast("list[Any]", part) if isinstance(part, list) else (part,):
                self._found(name, one if isinstance(one, str) else str(one))
        return self._word


def _is_told(part: Any) -> bool:
    """Whether a field of any object holds a value, and not what tells of one."""
    if isinstance(part, list):
        return all(_is_told(one) for one in cast("list[Any]", part))
    if isinstance(part, dict):
        return all(isinstance(one, str) for one in cast("dict[str, Any]", part).values())
    return isinstance(part, str | int | float) and not isinstance(part, bool)


def hide_texts(value: Any, scrub: Callable[[str], str]) -> Any:
    """Return a value of JSON with each text in it as `scrub` has it; itself where all stay."""
    if isinstance(value, str):
        clean = scrub(value)
        return value if clean == value else clean
    if isinstance(value, list):
        entries = cast("list[Any]", value)
        cleaned = [hide_texts(entry, scrub) for entry in entries]
        same = all(one is other for one, other in zip(cleaned, entries, strict=True))
        return entries if same else cleaned
    if isinstance(value, dict):
        told = cast("dict[str, Any]", value)
        found = {hide_texts(name, scrub): hide_texts(part, scrub) for name, part in told.items()}
        same = len(found) == len(told) and all(
            found.get(name) is part for name, part in told.items()
        )
        return told if same else found
    return value


def hide_keys(text: bytes) -> bytes:
    """Return JSON with a word in place of what looks like a service's key, wherever it stands."""
    # Base64 has none of the three signs; what has is looked at more closely.
    looks = b"sk-" in text or b"ek_" in text or b"whsec_" in text
    return _LONE_KEY.sub(HIDDEN.encode(), text) if looks else text


def hide_users(text: str) -> str:
    """Return a text with the user and password of each URL in it left out.

    An error about a proxy quotes the address that the environment has for it.
    """
    return _USERS.sub("", text) if "@" in text else text


def hide_credentials(tools: Any) -> Any:
    """Return a session's `tools` with a word in place of each credential; else what was given."""
    if not isinstance(tools, list):
        return tools
    return [_hidden(tool) for tool in cast("list[Any]", tools)]


def hide_variables(prompt: Any) -> Any:
    """Return a session's `prompt` with a word in place of each value put into it.

    Nobody can tell which of them is secret. What is no prompt with variables is returned as it
    is.
    """
    if not isinstance(prompt, Mapping):
        return prompt
    fields = cast("Mapping[str, Any]", prompt)
    variables = fields.get(_VARIABLES)
    if not isinstance(variables, Mapping):
        return fields
    return {**fields, _VARIABLES: dict.fromkeys(cast("Mapping[str, Any]", variables), HIDDEN)}


def hide_in_url(url: Any) -> Any:
    """Return the URL of a tool's server without password and what its query says; else as given.

    Many servers take their key there.
    """
    if not isinstance(url, str):
        return url
    place, mark, query = url.partition("?")
    scheme, separator, rest = place.rpartition("://")
    host, slash, path = rest.partition("/")
    parts = [part.partition("=") for part in query.partition("#")[0].split("&") if part]
    # Without a name all of it is the value.
    hidden = "&".join(f"{name if equals else '?'}={HIDDEN}" for name, equals, _ in parts)
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}{mark}{hidden}"


def _hidden(tool: Any) -> Any:
    if not isinstance(tool, Mapping):
        return tool
    fields = cast("Mapping[str, Any]", tool)
    return {name: _hidden_field(name, value) for name, value in fields.items()}


def _hidden_field(name: str, value: Any) -> Any:
    if name == SERVER_URL:
        return hide_in_url(value)
    return HIDDEN if is_credential(name) and value else value
