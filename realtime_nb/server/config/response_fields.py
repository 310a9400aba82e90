"""What may stand in a `response.create`, and what a response becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.answers.response_events import ResponseSpec
from realtime_nb.server.audio_format import WireFormat
from realtime_nb.server.brain.interface import FunctionTool
from realtime_nb.server.config.config import SessionConfig, voice_is_fixed
from realtime_nb.server.config.item_fields import ITEM_OR_REFERENCE
from realtime_nb.server.config.schema import Choice, Flag, Listing, Nullable, Record, Text
from realtime_nb.server.config.session_fields import (
    FORMAT,
    MAX_TOKENS,
    METADATA,
    OUTPUT_MODALITIES,
    REASONING,
    TOOL_CHOICE,
    TOOLS,
    VOICE,
)
from realtime_nb.server.config.stored_prompts import PROMPT, resolve_prompt
from realtime_nb.server.mcp.definition import McpDefinition, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Json = dict[str, Any]

RESPONSE_FIELDS: Final = Record(
    {
        "instructions": Nullable(Text()),  # null: the session's; LiveKit's plugin writes it so
        "output_modalities": OUTPUT_MODALITIES,
        "audio": Record({"output": Record({"format": FORMAT, "voice": VOICE})}),
        "tools": TOOLS,
        "tool_choice": TOOL_CHOICE,
        "parallel_tool_calls": Flag(),
        "reasoning": REASONING,
        "max_output_tokens": MAX_TOKENS,
        "conversation": Choice(("auto", "none")),
        "metadata": METADATA,
        "prompt": PROMPT,
        "input": Listing(ITEM_OR_REFERENCE),
    }
)


@dataclass(frozen=True, slots=True)
class ResponsePlan:
    """One response, settled: the session's fields with the response's own over them.

    Parameters
    ----------
    spec
        What its events show.
    instructions, tools, tool_choice, forced_tool, forced_server
        What the brain is told; `tools` without those of MCP servers.
    tools_wire
        The tools as the session shows them.
    own_tools
        Those of them that this response gives itself.
    mcp
        The MCP servers that the session knows with this response's own, by label.
    input
        Checked items and references that stand in for the conversation, else None.
    """

    spec: ResponseSpec
    instructions: str
    tools: tuple[FunctionTool, ...]
    tools_wire: tuple[Json, ...]
    own_tools: tuple[Json, ...]
    tool_choice: Literal["auto", "none", "required", "function"]
    forced_tool: str
    forced_server: str
    mcp: Mapping[str, McpDefinition]
    input: list[Json] | None


def plan_response(
    asked: Json,
    config: SessionConfig,
    *,
    conversation_id: str,
    assistant_spoke: bool,
    refuse_mcp: Callable[[McpDefinition], str] | None = None,
) -> ResponsePlan:
    """Return what a response shall be.

    Parameters
    ----------
    asked
        What `RESPONSE_FIELDS` has let through.
    config
        The session's.
    conversation_id
        The default conversation's id.
    assistant_spoke
        Whether the conversation holds assistant audio: then the voice stays.
    refuse_mcp
        As in `SessionConfig.update`.

    Raises
    ------
    WireError
        When another voice is asked for in a conversation that has spoken, or a stored
        prompt that is not here, or an MCP server that cannot be reached.
    """
    mcp = config.mcp
    if "tools" in asked:
        own_tools, mcp = settle(asked["tools"], mcp, "response.tools", refuse_mcp)
        asked = {**asked, "tools": own_tools}
    output = asked.get("audio", {}).get("output", {})
    out_of_band = asked.get("conversation") == "none"
    _, from_prompt = resolve_prompt(asked.get("prompt"), "response.prompt")
    voice = output.get("voice", from_prompt.get("audio.output.voice", config.voice))
    if assistant_spoke and not out_of_band and voice != config.voice:
        raise voice_is_fixed("response.audio.output.voice")

    def setting(key: str) -> Any:
        given = asked.get(key)
        return from_prompt.get(key, config.get(key)) if given is None else given

    wire_format = config.output_format
    if "format" in output:
        wire_format = WireFormat.from_wire({"rate": 24_000, **output["format"]})
    spec = ResponseSpec(
        id=new_id("resp"),
        conversation_id=None if out_of_band else conversation_id,
        modality=setting("output_modalities")[0],
        max_output_tokens=setting("max_output_tokens"),
        format=wire_format,
        voice=voice,
        speed=config.speed,
        metadata=asked.get("metadata"),
    )
    tools = tuple(cast("list[Json]", setting("tools")))
    choice: Any = setting("tool_choice")
    forced = cast("Json", choice) if isinstance(choice, dict) else {}
    return ResponsePlan(
        spec=spec,
        instructions=setting("instructions"),
        tools=tuple(
            FunctionTool(tool["name"], tool.get("description", ""), tool.get("parameters", {}))
            for tool in tools
            if tool["type"] == "function"
        ),
        tools_wire=tools,
        own_tools=tools if "tools" in asked else (),
        tool_choice="function" if isinstance(choice, dict) else choice,
        forced_tool=str(forced.get("name") or ""),
        forced_server=str(forced.get("server_label", "")),
        mcp=mcp,
        input=asked.get("input"),
    )
