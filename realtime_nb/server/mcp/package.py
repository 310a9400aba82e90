"""Real MCP servers over streamable HTTP, through the `mcp` package.

Each request is a connection of its own, so that a server which went away and came back is
found again. Only servers on this computer are asked, unless the variable
``REALTIME_NB_MCP_ANYWHERE`` is set: a practice server sends nothing out by itself.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import logging
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from realtime_nb.server.door.admission import is_loopback
from realtime_nb.server.mcp.credentials import masked, scrubbed
from realtime_nb.server.mcp.definition import McpFailure, McpTool

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    import httpx2
    from mcp import Client

    from realtime_nb.server.mcp.definition import McpDefinition

Json = dict[str, Any]

ANYWHERE_VARIABLE: Final = "REALTIME_NB_MCP_ANYWHERE"
LIST_TIMEOUT_S: Final = 30.0
CALL_TIMEOUT_S: Final = 60.0
LONGEST_OUTPUT: Final = 256_000  # characters
_MOST_PAGES: Final = 20
_UNREACHABLE: Final = -32000  # JSON-RPC's server errors begin here
_ERROR_STATUS: Final = 400


class PackageReach:
    """Asks MCP servers through the `mcp` package."""

    def refusal(self, definition: McpDefinition) -> str:
        """Return why a server cannot be reached from here, empty when it can."""
        try:
            parts = urlsplit(definition.url)
            host = parts.hostname
        except ValueError:
            return "expected the URL of an MCP server, such as http://127.0.0.1:8000/mcp."
        # `http://elsewhere\@127.0.0.1/` is here for one reader and elsewhere for another.
        plain = "\\" not in definition.url and "@" not in parts.netloc
        if parts.scheme not in {"http", "https"} or not host or not plain:
            return "expected the URL of an MCP server, such as http://127.0.0.1:8000/mcp."
        # A name below localhost may be asked of a DNS server, which may say any address.
        here = is_loopback(host) and not host.lower().endswith(".localhost")
        if not here and not os.environ.get(ANYWHERE_VARIABLE):
            return (
                f"the practice server asks MCP servers on this computer only, not {host}; "
                f"set {ANYWHERE_VARIABLE}=1 before it starts to let it."
            )
        if importlib.util.find_spec("mcp") is None:
            return (
                "MCP tools need the package mcp beside the practice server: "
                "pip install 'realtime-nb[mcp]'."
            )
        return ""

    async def list_tools(self, definition: McpDefinition) -> list[McpTool]:
        """Return all tools of a server; see `reach.McpReach`."""
        tools: list[McpTool] = []
        async with _asked(definition, LIST_TIMEOUT_S) as client:
            cursor: str | None = None
            for _ in range(_MOST_PAGES):
                page = await client.list_tools(cursor=cursor)
                tools += [_tool(tool, definition.secrets) for tool in page.tools]
                cursor = page.next_cursor
                if cursor is None:
                    break
        return tools

    async def call(self, definition: McpDefinition, name: str, arguments: str) -> str:
        """Run a tool; see `reach.McpReach`."""
        values = _values(arguments)
        async with _asked(definition, CALL_TIMEOUT_S) as client:
            result = await client.call_tool(name, values)
            text = _text(result.content, result.structured_content, definition.secrets)
            if result.is_error:
                raise McpFailure("tool_execution_error", text or "the tool failed")
        return text


def _values(arguments: str) -> Json:
    try:
        values = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise McpFailure("tool_execution_error", "the arguments are no JSON object")
    return cast("Json", values)


@asynccontextmanager
async def _asked(definition: McpDefinition, timeout_s: float) -> AsyncGenerator[Client]:
    """Connect to a server; whatever goes wrong with it becomes an `McpFailure`."""
    # Half a second to import: not on the loop that other sessions run on.
    await asyncio.get_running_loop().run_in_executor(None, _load)
    import httpx2  # noqa: PLC0415 -- comes with mcp
    from mcp import Client  # noqa: PLC0415 -- heavy, and an extra
    from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415 -- as above

    from realtime_nb.server.mcp.transport import BoundedTransport  # noqa: PLC0415 -- as above

    refused: list[int] = []
    reasons: list[str] = []
    limit = asyncio.timeout(timeout_s)

    def give_up(why: str) -> None:
        # The package would go on waiting for an answer that it could not read.
        reasons.append(why)
        if not limit.expired():
            limit.reschedule(asyncio.get_running_loop().time())

    async def look(response: httpx2.Response) -> None:
        # The package turns every status into one and the same error.
        if response.status_code >= _ERROR_STATUS:
            refused.append(response.status_code)

    try:
        http = httpx2.AsyncClient(
            headers=definition.request_headers,
            timeout=timeout_s,
            event_hooks={"response": [look]},
            transport=BoundedTransport(definition.url, give_up),
            trust_env=False,
        )
        async with limit, http:
            transport = streamable_http_client(definition.url, http_client=http)
            async with Client(transport, cache=None) as client:
                yield client
    except McpFailure:
        raise
    except TimeoutError:
        why = reasons[0] if reasons else f"no answer within {timeout_s:.0f} s"
        raise McpFailure("protocol_error", why, _UNREACHABLE) from None
    except Exception as error:  # noqa: BLE001 -- whatever a foreign server does fails this call only
        raise _failure(error, refused, definition) from None


def _load() -> None:
    importlib.import_module("mcp")
    # They log what is sent and what comes back, tokens among it; what went wrong is told by us.
    for name in ("mcp", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _failure(error: BaseException, refused: list[int], definition: McpDefinition) -> McpFailure:
    from mcp import MCPError  # noqa: PLC0415 -- loaded by now

    found = _innermost(error)
    if isinstance(found, McpFailure):
        return found
    message = scrubbed(str(found) or type(found).__name__, definition.secrets)
    if refused and (not isinstance(found, MCPError) or found.message == _STAND_IN):
        return McpFailure("http_error", f"HTTP status {refused[-1]}", refused[-1])
    if isinstance(found, MCPError):
        return McpFailure("protocol_error", message, found.code)
    return McpFailure("protocol_error", message, _UNREACHABLE)


# What the package says of an HTTP status without a JSON-RPC error in its body.
_STAND_IN: Final = "Server returned an error response"


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseException", error.exceptions[0])
    return error


def _tool(tool: Any, secrets: Sequence[str]) -> McpTool:
    annotations = tool.annotations
    if annotations is not None:
        annotations = annotations.model_dump(by_alias=True, exclude_none=True)
    return McpTool(
        name=tool.name,
        description=masked(tool.description or "", secrets),
        input_schema=masked(tool.input_schema, secrets),
        annotations=masked(annotations, secrets),
    )


def _text(content: Sequence[Any], structured: Any, secrets: Sequence[str]) -> str:
    """Return a result as text: its text, what else it holds described in brackets."""
    texts = [
        str(part.text) if part.type == "text" else f"[{part.type}, not shown here]"
        for part in content
    ]
    text = "\n".join(texts)
    if not text and structured is not None:
        text = json.dumps(structured, ensure_ascii=False)
    text = masked(text, secrets)
    if len(text) > LONGEST_OUTPUT:
        text = f"{text[:LONGEST_OUTPUT]}… [cut at {LONGEST_OUTPUT} characters]"
    return text
