"""An MCP server as a session defines it: its fields, which tools it allows, whom it asks.

A label that was defined once in a session stands for its definition from then on. What is
secret in a definition (`authorization`, `headers`) goes to the MCP server and nowhere else:
the session object shows a definition without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from realtime_nb.server.config.schema import (
    Choice,
    Constant,
    Entries,
    Flag,
    Listing,
    NotHere,
    Nullable,
    OneOf,
    OneOfLists,
    Record,
    Text,
)
from realtime_nb.server.mcp.credentials import check_credentials, with_bare_tokens
from realtime_nb.server.wire_errors import invalid_value, missing_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Json = dict[str, Any]

_SECRET: Final = ("authorization", "headers")
_NAMES: Final = Listing(Text(512), most=1000)
_FILTER: Final = Record({"tool_names": Nullable(_NAMES), "read_only": Nullable(Flag())})
_NOT_HERE: Final = "not available on the local practice server: give a `server_url`."
MCP_TOOL: Final = Record(
    {
        "type": Constant("mcp"),
        "server_label": Text(200, pattern=r"^[a-zA-Z][a-zA-Z0-9_-]*$"),
        "server_url": Text(2000),
        "connector_id": NotHere(f"connectors are {_NOT_HERE}"),
        "tunnel_id": NotHere(f"tunnels are {_NOT_HERE}"),
        "authorization": Nullable(Text()),
        "headers": Nullable(Entries(Text())),
        "server_description": Text(),
        "allowed_tools": Nullable(OneOfLists(_NAMES, _FILTER)),
        "require_approval": Nullable(
            OneOf(
                ("always", "never"),
                Record({"always": Nullable(_FILTER), "never": Nullable(_FILTER)}),
            )
        ),
        "defer_loading": Flag(),
        "allowed_callers": Listing(Choice(("direct", "programmatic"))),
    },
    ("type", "server_label"),
)
MCP_CHOICE: Final = Record(
    {"type": Constant("mcp"), "server_label": Text(200), "name": Nullable(Text(512))},
    ("type", "server_label"),
)


@dataclass(frozen=True, slots=True)
class McpTool:
    """A tool that an MCP server offers.

    Parameters
    ----------
    name, description
        As the server says; the description may be empty.
    input_schema
        JSON schema of its arguments.
    annotations
        As the server gave them, None without any.
    """

    name: str
    description: str = ""
    input_schema: Mapping[str, Any] = field(default_factory=dict[str, Any])
    annotations: Mapping[str, Any] | None = None

    @property
    def read_only(self) -> bool:
        """Whether the server calls it read-only."""
        return bool((self.annotations or {}).get("readOnlyHint"))

    def to_wire(self) -> Json:
        """Return the tool as an `mcp_list_tools` item shows it."""
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": dict(self.input_schema),
            "annotations": dict(self.annotations) if self.annotations is not None else None,
        }


@dataclass(frozen=True, slots=True)
class McpDefinition:
    """One MCP server of a session.

    Parameters
    ----------
    label, url
        Its `server_label` and `server_url`.
    authorization, headers
        What its requests carry; secret.
    allowed
        `allowed_tools`: names, a filter, or None for all.
    approval
        `require_approval` as given; ``always`` by default.
    """

    label: str
    url: str
    authorization: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    allowed: Any = None
    approval: Any = "always"

    @classmethod
    def from_wire(cls, tool: Json) -> McpDefinition:
        """Return the definition that a checked tool object gives."""
        headers = cast("dict[str, str]", tool.get("headers") or {})
        return cls(
            label=tool["server_label"],
            url=tool["server_url"],
            authorization=tool.get("authorization") or "",
            headers=tuple(sorted(headers.items())),
            allowed=tool.get("allowed_tools"),
            approval=tool.get("require_approval") or "always",
        )

    @property
    def request_headers(self) -> dict[str, str]:
        """The headers that its requests carry."""
        headers = dict(self.headers)
        if self.authorization:
            headers["Authorization"] = f"Bearer {self.authorization}"
        return headers

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be seen, the longest first."""
        return with_bare_tokens((self.authorization, *(value for _, value in self.headers)))

    @property
    def allowed_names(self) -> tuple[str, ...] | None:
        """The names that `allowed_tools` gives, None when it gives none."""
        if isinstance(self.allowed, dict):
            names = cast("Json", self.allowed).get("tool_names")
        else:
            names = self.allowed
        return tuple(cast("list[str]", names)) if names is not None else None

    def is_of_server(self, other: McpDefinition) -> bool:
        """Return whether another definition reaches the same server in the same way."""
        return (self.url, self.authorization, self.headers) == (
            other.url,
            other.authorization,
            other.headers,
        )

    def allows(self, tool: McpTool) -> bool:
        """Return whether `allowed_tools` lets a tool be used."""
        if isinstance(self.allowed, list):
            return tool.name in cast("list[str]", self.allowed)
        return self.allowed is None or _matches(cast("Json", self.allowed), tool)

    def asks(self, tool: McpTool) -> bool:
        """Return whether a call of a tool needs somebody's approval.

        A tool in both lists of `require_approval`, or in none of them, does.
        """
        if isinstance(self.approval, str):
            return self.approval == "always"
        rules = cast("Json", self.approval)
        always, never = rules.get("always"), rules.get("never")
        if always is not None and _matches(always, tool):
            return True
        return never is None or not _matches(never, tool)


def _matches(rule: Json, tool: McpTool) -> bool:
    names, read_only = rule.get("tool_names"), rule.get("read_only")
    return (names is None or tool.name in names) and (
        read_only is None or read_only == tool.read_only
    )


def settle(
    tools: Sequence[Json],
    known: Mapping[str, McpDefinition],
    path: str,
    refuse: Callable[[McpDefinition], str] | None = None,
) -> tuple[list[Json], dict[str, McpDefinition]]:
    """Return tools as the session shows them, and every MCP server it knows then.

    Parameters
    ----------
    tools
        Checked tool objects; of an MCP server known already the label is enough.
    known
        The definitions of the session so far, by label.
    path
        Where the tools stand, for messages.
    refuse
        Returns why a server cannot be reached from here, empty when it can.

    Raises
    ------
    WireError
        For a label used twice, and for a server that is not told or told twice over.
    """
    shown: list[Json] = []
    definitions = dict(known)
    labels: set[str] = set()
    for index, tool in enumerate(tools):
        if tool["type"] != "mcp":
            shown.append(tool)
            continue
        where = f"{path}[{index}]"
        label: str = tool["server_label"]
        if label in labels:
            raise invalid_value(
                f"{where}.server_label", f"the label '{label}' is used more than once."
            )
        labels.add(label)
        definition = _definition(tool, known.get(label), where)
        why = refuse(definition) if refuse is not None else ""
        if why:
            raise invalid_value(f"{where}.server_url", why)
        definitions[label] = definition
        shown.append(_shown(tool, definition))
    return shown, definitions


def uses_mcp(tools: Sequence[Json]) -> tuple[str, ...]:
    """Return the labels of the MCP servers among tools."""
    return tuple(tool["server_label"] for tool in tools if tool["type"] == "mcp")


def _definition(tool: Json, known: McpDefinition | None, where: str) -> McpDefinition:
    if "server_url" not in tool:
        if known is None:
            raise missing_parameter(f"{where}.server_url")
        tool = {**_as_tool(known), **tool}
    check_credentials(tool, where)
    return McpDefinition.from_wire(tool)


def _as_tool(known: McpDefinition) -> Json:
    return {
        "type": "mcp",
        "server_label": known.label,
        "server_url": known.url,
        "authorization": known.authorization,
        "headers": dict(known.headers),
        "allowed_tools": known.allowed,
        "require_approval": known.approval,
    }


def _shown(tool: Json, definition: McpDefinition) -> Json:
    shown = {key: value for key, value in tool.items() if key not in _SECRET}
    rest: Json = {"server_url": definition.url, "require_approval": definition.approval}
    if definition.allowed is not None:
        rest["allowed_tools"] = definition.allowed
    return {**shown, **rest}


McpErrorType = Literal["protocol_error", "tool_execution_error", "http_error"]


class McpFailure(Exception):
    """An MCP server cannot be listed or a call there failed.

    Parameters
    ----------
    kind
        As `type` of an `mcp_call`'s error.
    message
        One line; must hold nothing secret.
    code
        Of protocol and HTTP errors.
    """

    def __init__(self, kind: McpErrorType, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.kind: McpErrorType = kind
        self.message = message
        self.code = code

    def to_wire(self) -> Json:
        """Return the `error` object of an `mcp_call`."""
        if self.kind == "tool_execution_error":
            return {"type": self.kind, "message": self.message}
        return {"type": self.kind, "code": self.code, "message": self.message}
