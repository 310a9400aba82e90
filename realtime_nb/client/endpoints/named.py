"""Endpoints by name, in a TOML file of the user's own.

::

    [endpoints.work]
    url = "https://gateway.example/v1"
    model = "gpt-realtime-2.1"         # optional
    key_env = "WORK_KEY"               # optional: the variable that holds the key
    keyring = "service/user"           # optional: the keyring's entry that holds it
    key_header = "api-key"             # optional: instead of Authorization: Bearer
    headers = { "X-Team" = "speech" }  # optional

The file names where a key is and never holds one. Since it lies in the user's configuration
folder, and never beside a notebook, it may send any variable to any host.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.client.endpoints.address import KEY_BEGINNINGS, read_url, shown
from realtime_nb.errors import EndpointError
from realtime_nb.protocol.config.shapes import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE_VARIABLE: Final = "REALTIME_NB_ENDPOINTS"
BUILT_IN: Final = ("local", "openai", "azure")

_LITERAL_KEYS: Final = frozenset({"key", "api_key", "apikey", "token", "password", "secret"})
_KEY_HEADERS: Final = frozenset(
    {"authorization", "api-key", "x-api-key", "cookie", "proxy-authorization"}
)
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Long, without an underscore, of small letters and digits: no variable is called so.
_LIKE_A_KEY: Final = re.compile(r"(?=.*[a-z])(?=.*[0-9])[A-Za-z0-9]{24,}")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_STRINGS: Final = ("url", "model", "key_env", "keyring", "key_header")
_KNOWN: Final = (*_STRINGS, "headers")


@dataclass(frozen=True, slots=True)
class NamedEndpoint:
    """What the file says of one endpoint.

    Attributes
    ----------
    name
        What it is called.
    url
        Its base URL.
    model
        Name of the model; ``""`` leaves it to the default.
    key_env
        The variable that holds its key; ``""`` for the host's own.
    keyring
        Service and user of the keyring's entry; None for the usual one.
    key_header
        The header that carries the key; ``""`` for the host's own.
    headers
        Sent with the handshake.
    """

    name: str
    url: str
    model: str = ""
    key_env: str = ""
    keyring: tuple[str, str] | None = None
    key_header: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)


def endpoints_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the file that endpoints are named in, whether it exists or not.

    ``REALTIME_NB_ENDPOINTS``, or ``endpoints.toml`` in the user's configuration folder.

    Raises
    ------
    EndpointError
        When the variable holds a path that is relative, and so depends on the notebook's
        folder.
    """
    named = environ.get(FILE_VARIABLE, "").strip()
    if named:
        path = Path(named).expanduser()
        if not path.is_absolute():
            raise EndpointError(
                f"{FILE_VARIABLE} is {named[:100]!r}, which depends on the notebook's folder; "
                "give the whole path"
            )
        return path
    # Jupyter's own way to find the folder; imported here because few ask for a name.
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_config_path("realtime_nb", appauthor=False) / "endpoints.toml"


def named_endpoints(
    file: Path | None = None, *, environ: Mapping[str, str] = os.environ
) -> dict[str, NamedEndpoint]:
    """Return the endpoints that a file names.

    Parameters
    ----------
    file
        The file; `endpoints_file` when None, which need not exist.
    environ
        Where ``REALTIME_NB_ENDPOINTS`` is read.

    Raises
    ------
    EndpointError
        When the file is missing though it was asked for, has no whole path, is not TOML,
        holds a key, or a name or value that means nothing; with the file's name and the endpoint's.
    """
    path = endpoints_file(environ) if file is None else Path(file)
    if not path.is_absolute():
        raise EndpointError(
            f"the endpoints file {str(path)[:100]!r} depends on the notebook's folder; give the"
            " whole path"
        )
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        if file is None and not environ.get(FILE_VARIABLE, "").strip():
            return {}
        raise EndpointError(f"there is no file {path} to name endpoints in") from None
    except OSError as error:
        raise EndpointError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise EndpointError(f"{path} is not TOML: it is no text in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise EndpointError(f"{path} is not TOML: {error}") from None
    tables: Any = data.get("endpoints", {})
    strange = sorted(data.keys() - {"endpoints"})
    if strange or not isinstance(tables, dict):
        raise EndpointError(f"{path}: write each endpoint as [endpoints.NAME], nothing else")
    return {
        name: _read(name, table, f"{path}, [endpoints.{name}]")
        for name, table in cast("dict[str, Any]", tables).items()
    }


def find_named(
    name: str, file: Path | None = None, *, environ: Mapping[str, str] = os.environ
) -> NamedEndpoint:
    """Return the endpoint of a name; raises `EndpointError` with the nearest and all others."""
    known = named_endpoints(file, environ=environ)
    if name in known:
        return known[name]
    names = (*BUILT_IN, *known)
    hint = _hint(name, names)
    raise EndpointError(
        f"no endpoint is called {shown(name)}{hint}, or write a URL such as https://host/v1"
    )


def _hint(name: str, known: Sequence[str]) -> str:
    close = nearest(name, frozenset(known))
    there_are = f"{close} There are" if close else "; there are"
    return f"{there_are} {', '.join(known)}"


def _read(name: str, table: Any, where: str) -> NamedEndpoint:
    if name in BUILT_IN or "://" in name or not name.strip():
        raise EndpointError(f"{where}: the name is taken; choose another than {name!r}")
    if not isinstance(table, dict):
        raise EndpointError(f'{where}: write its fields below it, at least url = "https://…/v1"')
    fields = cast("dict[str, Any]", table)
    _refuse_literal_keys(fields, where)
    for field_name, value in fields.items():
        if field_name not in _KNOWN:
            hint = _hint(field_name, _KNOWN)
            raise EndpointError(f"{where}: no field is called {field_name!r}{hint}")
        if field_name in _STRINGS and not (isinstance(value, str) and value.strip()):
            raise EndpointError(f'{where}: {field_name} is no text; write {field_name} = "…"')
    if not _HEADER.fullmatch(fields.get("key_header", "k")):
        raise EndpointError(f'{where}: key_header is no name of a header, such as "api-key"')
    variable = fields.get("key_env", "K")
    if not _VARIABLE.fullmatch(variable) or _LIKE_A_KEY.fullmatch(variable):
        # It may be the key itself, and is not repeated.
        raise EndpointError(f'{where}: key_env is no name of a variable; write key_env = "MY_KEY"')
    if "url" not in fields:
        raise EndpointError(f'{where}: url is missing; write url = "https://host/v1"')
    try:
        read_url(fields["url"])
    except EndpointError as error:
        raise EndpointError(f"{where}: {error}") from None
    return NamedEndpoint(
        name=name,
        url=fields["url"],
        model=fields.get("model", ""),
        key_env=fields.get("key_env", ""),
        keyring=_keyring_entry(fields.get("keyring", ""), where),
        key_header=fields.get("key_header", ""),
        headers=_headers(fields.get("headers", {}), where),
    )


def _refuse_literal_keys(fields: Mapping[str, Any], where: str) -> None:
    for name, value in fields.items():
        literal = name.lower().replace("-", "_") in _LITERAL_KEYS
        if literal or (isinstance(value, str) and value.strip().startswith(KEY_BEGINNINGS)):
            raise EndpointError(
                f"{where}: {name} holds a key; keep it in a variable and write"
                f' key_env = "ITS_NAME", or in the keyring and write keyring = "service/user"'
            )


def _keyring_entry(text: str, where: str) -> tuple[str, str] | None:
    if not text:
        return None
    service, separator, user = text.rpartition("/")
    if not (separator and service and user):
        # It may be the key itself, and is not repeated.
        raise EndpointError(f'{where}: keyring names no entry; write keyring = "service/user"')
    return service, user


def _headers(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise EndpointError(f'{where}: headers is no table; write headers = {{ Name = "value" }}')
    headers = cast("dict[str, Any]", value)
    for name, text in headers.items():
        if not _HEADER.fullmatch(name):
            raise EndpointError(f"{where}: {name!r} is no name of a header, such as X-Team")
        if not isinstance(text, str) or not (text.isascii() and text.isprintable()):
            raise EndpointError(f"{where}: the header {name!r} needs one line of text as its value")
        if name.lower() in _KEY_HEADERS or text.startswith(KEY_BEGINNINGS):
            raise EndpointError(
                f"{where}: the header {name!r} would hold a key in the file; write"
                f' key_env = "ITS_VARIABLE", and key_header = {name!r} where it is not Bearer'
            )
    return cast("dict[str, str]", headers)
