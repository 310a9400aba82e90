"""``%realtime page``: a chat's config as a page of one's own, which calls the service itself.

The page holds no key: its reader puts an ephemeral one in. Nor does it hold what may be a
credential, or a function, which runs in the kernel and nowhere else.
"""

from __future__ import annotations

import html
import json
import os
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.audio.whole_file import whole_file
from realtime_nb.errors import UsageError
from realtime_nb.inspection.archive.secrets import blot_keys
from realtime_nb.notebook.saved.resuming import config_of
from realtime_nb.notebook.transports.choice import DIRECT, require_kind
from realtime_nb.protocol.credentials import SERVER_URL
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.notebook.chats.chat import Chat

PLACEHOLDER: Final = "PUT-YOUR-EPHEMERAL-KEY-HERE"
"""What stands in a page where its reader puts the key."""

SUFFIX: Final = ".html"
_OURS: Final = b"Made by `%realtime page` of realtime_nb"
_BEGINNING: Final = 500  # bytes, in which it says whose it is
_TEMPLATE: Final = Path(__file__).with_name("page.html")


def write_page(chat: Chat, path: str | os.PathLike[str]) -> tuple[Path, list[str]]:
    """Write a page that begins a talk as `chat` is set now.

    Parameters
    ----------
    chat
        Whose config and service.
    path
        Ends in ``.html``, which is added to a name without suffix. A page that is there is
        replaced, another file is not.

    Returns
    -------
    Path
        Where it stands.
    list of str
        What its author should know, a sentence each.

    Raises
    ------
    UsageError
        When such a session has no WebRTC, for another suffix, and for a place that cannot
        be written.
    """
    text, notes = page_of(chat)
    target = Path(path).expanduser()
    if not target.suffix:
        target = target.with_name(f"{target.name}{SUFFIX}")
    if target.suffix != SUFFIX:
        raise UsageError(f"{os.fspath(path)!r}: a page's name ends in {SUFFIX}.")
    try:
        if target.exists() and not _is_ours(target):
            raise UsageError(
                f"{os.fspath(target)!r} is there and no page of ours: it is not replaced; write"
                " another name after %realtime page NAME."
            )
        with whole_file(target) as file:
            file.write(text.encode())
    except OSError as error:
        reason = (error.strerror or str(error)).rstrip(".")
        raise UsageError(f"cannot write {os.fspath(path)!r}: {reason}.") from error
    return target, notes


def page_of(chat: Chat) -> tuple[str, list[str]]:
    """Return the page, and what its author should know.

    Raises
    ------
    UsageError
        When such a session has no WebRTC.
    """
    require_kind(DIRECT, chat.kind)
    session, _ = config_of(chat.talk(), elsewhere=False)
    notes = _told_of(session)
    _without_functions(session)
    page = Template(_TEMPLATE.read_text("utf-8")).substitute(
        title=html.escape(f"{chat.name}: a talk by WebRTC"),
        url=_script(f"{chat.endpoint.base_url.rstrip('/')}/realtime/calls"),
        session=_script(session),
    )
    if chat.endpoint.practice:
        notes.append(
            "It calls the practice server of this kernel: the page works on this computer, and"
            " as long as the kernel runs."
        )
    return page, notes


def _told_of(session: Mapping[str, Any]) -> list[str]:
    """Return what a page cannot have of a config."""
    tools = _tools(session)
    functions = ", ".join(str(one.get("name"))[:40] for one in tools if not _is_hosted(one))
    notes = list[str]()
    if functions:
        notes.append(f"Functions run in the kernel and not in a page: left out are {functions}.")
    if any(map(_is_hosted, tools)):
        notes.append("What an MCP server is authorised with is not in the page.")
    if session.get("prompt"):
        notes.append("The variables of a stored prompt are not in the page.")
    return notes


def _without_functions(session: dict[str, Any]) -> None:
    """Take out of a config what only this kernel can run or know, and what says nothing."""
    session["tools"] = [_public(one) for one in _tools(session) if _is_hosted(one)]
    as_object(session.get("prompt")).pop("variables", None)
    if not session["tools"]:
        session.pop("tool_choice", None)
    for name in [name for name, value in session.items() if value is None or value == []]:
        del session[name]
    # The sound of a call goes as WebRTC has agreed.
    for side in ("input", "output"):
        as_object(as_object(session.get("audio")).get(side)).pop("format", None)


def _tools(session: Mapping[str, Any]) -> list[dict[str, Any]]:
    tools = session.get("tools")
    return [as_object(one) for one in cast("list[Any]", tools)] if isinstance(tools, list) else []


def _public(tool: dict[str, Any]) -> dict[str, Any]:
    """Return an MCP server without what may be a key: a query is where some have theirs."""
    url = tool.get(SERVER_URL)
    return {**tool, SERVER_URL: url.partition("?")[0]} if isinstance(url, str) else tool


def _is_hosted(tool: Mapping[str, Any]) -> bool:
    return tool.get("type") == "mcp"


def _script(value: Any) -> str:
    """Return a value as JSON that may stand in a script: nothing in it can end that."""
    text = json.dumps(value, indent=2, ensure_ascii=True)
    shown = blot_keys(text.replace("<", "\\u003c").replace(">", "\\u003e").encode()).decode()
    return shown.replace("\n", "\n      ")


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return _OURS in file.read(_BEGINNING)
