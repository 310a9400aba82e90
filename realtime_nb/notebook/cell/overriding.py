"""What one response may say otherwise than its session, by the names of a cell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import ConfigError
from realtime_nb.notebook.cell.checking import check_request, live_session, refuse
from realtime_nb.notebook.cell.request import Request
from realtime_nb.protocol.config.paths import leaves
from realtime_nb.protocol.config.read import read_config
from realtime_nb.protocol.config.shapes import nearest
from realtime_nb.protocol.tools.definition import define_tools

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.session import RealtimeSession

# Of the session's fields, those that a response may have of its own.
_FIELDS: Final = (
    "instructions",
    "output_modalities",
    "audio",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "max_output_tokens",
    "prompt",
)
_OF_AUDIO: Final = ("audio.output.voice", "audio.output.format")
# What only a response has.
_ITS_OWN: Final = ("conversation", "metadata", "input")
_SHORT: Final = ("modality", "voice")


def overrides(settings: Mapping[str, Any], session: RealtimeSession, call: str) -> dict[str, Any]:
    """Return the `response` of a ``response.create``, checked.

    Parameters
    ----------
    settings
        By the names of a cell, or the wire's.
    session
        Whose response it is to be.
    call
        What was called, for the message.

    Raises
    ------
    ConfigError
        For what the service would refuse.
    """
    own = {name: settings[name] for name in _ITS_OWN if name in settings}
    written = {name: value for name, value in settings.items() if name not in _ITS_OWN}
    if "modality" in written:
        written["output_modalities"] = [written.pop("modality")]
    if "tools" in written:
        written["tools"] = define_tools(written["tools"], {})
    draft = read_config({"type": "realtime", **written})
    request = Request(draft.config, "realtime", draft.problems)
    refuse(check_request(request, {}, live=_unspoken(session)), request)
    config = {name: value for name, value in draft.config.items() if name != "type"}
    _refuse_others(config, call)
    return {**config, **own}


def _refuse_others(config: Mapping[str, Any], call: str) -> None:
    known = (*_SHORT, *_FIELDS, *_ITS_OWN)
    for name in config:
        if name not in _FIELDS:
            hint = nearest(name, frozenset(known)) or f"; it takes {', '.join(known)}"
            raise ConfigError(f"{call}({name}=…): a response has no such field of its own{hint}")
    for path, _ in leaves({"audio": config["audio"]} if "audio" in config else {}):
        if not path.startswith(_OF_AUDIO):
            raise ConfigError(
                f"{call}(): {path} is the session's alone; chat.update changes it for all answers"
            )


def _unspoken(session: RealtimeSession) -> Any:
    # What a response may not change once the assistant has spoken is for the service to say.
    return replace(live_session(session), assistant_spoke=False)
