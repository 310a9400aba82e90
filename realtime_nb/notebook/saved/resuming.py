"""What a new session is asked for, so that a saved conversation goes on in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlsplit

from realtime_nb.client.endpoints.named import BUILT_IN
from realtime_nb.errors import UsageError
from realtime_nb.notebook.cell.checking import check_request, refuse
from realtime_nb.notebook.cell.fields import read_budget
from realtime_nb.notebook.cell.request import Request
from realtime_nb.protocol.config.paths import MISSING, get, merge, put
from realtime_nb.protocol.config.read import read_config
from realtime_nb.protocol.config.write import request_of
from realtime_nb.protocol.credentials import HIDDEN, is_credential
from realtime_nb.protocol.told import as_object
from realtime_nb.protocol.tools.definition import define_tools

if TYPE_CHECKING:
    from realtime_nb.client.endpoints.endpoint import Endpoint
    from realtime_nb.inspection.talk import Talk

# What means the same to every service; voices, transcribers and limits have a service's names.
_EVERYWHERE: Final = (
    *("instructions", "output_modalities", "tools", "tool_choice"),
    *("audio.input.format", "audio.output.format"),
)


def service_name(endpoint: Endpoint) -> str:
    """Return what `resolve_endpoint` calls an endpoint; ``""`` where only its address tells it."""
    if endpoint.practice:
        return "local"
    if endpoint.name == urlsplit(endpoint.base_url).netloc:
        return ""  # given by its URL
    name = endpoint.name.partition(" ")[0].lower()
    return name if name in BUILT_IN else endpoint.name


def config_of(talk: Talk, *, elsewhere: bool) -> tuple[dict[str, Any], list[str]]:
    """Return what to ask a new session for, and what its author should know of that.

    Parameters
    ----------
    talk
        The conversation that goes on.
    elsewhere
        Whether at another service: then only what its author asked for, and what every
        service knows; else all that was in force.
    """
    session = talk.conversation.session or {}
    if elsewhere:
        config: dict[str, Any] = {}
        for path in _EVERYWHERE:
            _copy(session, path, config)
        for row in talk.config_rows:
            path, value = row.get("path"), row.get("requested")
            if isinstance(path, str) and path and value is not None:
                put(config, path, value)
    else:
        config = dict(session)
    config = request_of({**config, "type": talk.kind})
    config.pop("model", None)  # the endpoint has it
    notes = [*_without_credentials(config), *_without_variables(config)]
    return config, notes


def budget_in(asked: object) -> tuple[dict[str, Any], Any]:
    """Return the author's own settings without a budget, and that; `MISSING` where none is.

    Raises
    ------
    UsageError
        For what is no amount, and for settings that are none.
    """
    if asked is not None and not isinstance(asked, Mapping):
        raise UsageError(f"resume(config={{…}}) takes an object, and {asked!r:.40} is none.")
    settings = dict(cast("Mapping[str, Any]", asked or {}))
    return settings, read_budget(settings.pop("budget", MISSING))


def config_over(config: Mapping[str, Any], asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a config with the author's own settings laid over it, names as in a cell.

    Raises
    ------
    ConfigError
        For what cannot be read, or what the service would refuse.
    """
    if not asked:
        return dict(config)
    settings = dict(asked)
    if "tools" in settings:
        settings["tools"] = define_tools(settings["tools"], {})
    draft = read_config({"type": config["type"], **settings})
    request = Request(draft.config, draft.kind, draft.problems)
    refuse(check_request(request, {}), request)
    return merge(config, draft.config)


def _copy(source: Mapping[str, Any], path: str, target: dict[str, Any]) -> None:
    value = get(source, path)
    if value is not MISSING and value is not None:
        put(target, path, value)


def _without_credentials(config: dict[str, Any]) -> list[str]:
    tools = config.get("tools")
    if not isinstance(tools, list):
        return []
    kept: list[Any] = []
    notes: list[str] = []
    for entry in cast("list[Any]", tools):
        tool = as_object(entry)
        rest = {name: value for name, value in tool.items() if not is_credential(name)}
        if HIDDEN in str(rest.get("server_url")):
            rest["server_url"] = str(rest["server_url"]).partition("?")[0]
        kept.append(rest if tool else entry)
        if tool.get("type") == "mcp":
            label = str(tool.get("server_label"))[:40]
            notes.append(
                f"Whatever the MCP server {label!r} was authorised with is not in the file; give"
                " it with config={'tools': […]}."
            )
    config["tools"] = kept
    return notes


def _without_variables(config: dict[str, Any]) -> list[str]:
    prompt = config.get("prompt")
    told = as_object(prompt)
    if HIDDEN not in str(told.get("variables")):
        return []
    config["prompt"] = {name: value for name, value in told.items() if name != "variables"}
    return ["The prompt's variables are not in the file; give them with config={'prompt': …}."]
