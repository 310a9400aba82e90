"""What a call is accepted with: a session's config, checked before the service is asked."""

from __future__ import annotations

import contextlib
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.transport.call_control import accept_call
from realtime_nb.client.transport.transports import SidebandTransport
from realtime_nb.errors import RealtimeError, UsageError
from realtime_nb.notebook.agents import forget, remember
from realtime_nb.notebook.cell.checking import check_request, refuse
from realtime_nb.notebook.cell.defaults import default_config
from realtime_nb.notebook.cell.fields import read_budget
from realtime_nb.notebook.cell.request import Request
from realtime_nb.notebook.chats.chat import REPLY_TIMEOUT_S, Chat
from realtime_nb.notebook.config_report import ConfigReport
from realtime_nb.notebook.tools.binding import bind_tools
from realtime_nb.protocol.config.paths import MISSING, merge
from realtime_nb.protocol.config.read import read_config

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.client.endpoints.service import Endpoint

TRANSCRIBER: Final = "gpt-transcribe"
"""What writes down the caller's words unless the config says, as in a `%%realtime` cell."""


class CallChat(Chat):
    """The chat of a telephone call: its sound runs between the caller and the service.

    Attributes
    ----------
    left
        Whether it was closed here: the call goes on then, with nobody of ours in it.
    """

    left = False

    def join(self) -> None:
        """Join the call, which was accepted; blocks.

        Raises
        ------
        ConnectionFailed
            When the sideband cannot be joined.
        """
        outcome = self.open()
        if outcome.error is not None and self.state != "open":
            raise outcome.error
        where = (self.endpoint.name, "telephone", self.call_id or "")
        self.config = ConfigReport(self.name, " · ".join(where), outcome.rows)
        remember(self)

    def close(self) -> None:
        """Leave the call, which goes on; `hang_up` ends it. Closing twice is fine."""
        self.left = self.left or self.session.state == "open"
        forget(self)
        super().close()


def _nothing() -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Answering:
    """What calls of a line are accepted with.

    Attributes
    ----------
    request
        The config, and the functions among its tools.
    defaults
        What is asked for beside it.
    reply_timeout
        How long the service may take to answer, in seconds.
    """

    request: Request
    defaults: Mapping[str, Any] = field(default_factory=_nothing)
    reply_timeout: float = REPLY_TIMEOUT_S

    @classmethod
    def of(
        cls, request: Request, endpoint: Endpoint, *, transcriber: str = TRANSCRIBER
    ) -> Answering:
        """Return what a request means at an endpoint, checked as a cell's.

        Raises
        ------
        ConfigError
            For what the service would refuse.
        UsageError
            For a session of another kind.
        """
        if request.kind != "realtime":
            raise UsageError(
                f"a {request.kind} session answers nobody: calls are accepted with type: realtime."
            )
        defaults = default_config("realtime", transcriber, azure=endpoint.azure)
        refuse(check_request(request, defaults), request)
        return cls(request, defaults)

    @property
    def model(self) -> str | None:
        """The model it names, if any."""
        named = self.request.model
        return named if isinstance(named, str) and named else None

    def within(self, reply_timeout: float | None) -> Answering:
        """Return the same with another time that the service may take, in seconds."""
        return self if reply_timeout is None else replace(self, reply_timeout=reply_timeout)

    def take(self, endpoint: Endpoint, call_id: str, *, name: str) -> CallChat:
        """Accept a call, and return its chat, which is not open yet; blocks.

        Raises
        ------
        ServerError
            When the service refuses the config.
        ConnectionFailed
            When it cannot be reached, or has no such call.
        """
        at = replace(endpoint, model=self.model or endpoint.model)
        asked = deepcopy(self.request.config)
        asked.pop("model", None)  # the endpoint has it
        way = SidebandTransport(call_id, ours=True)
        way.configured = True  # by the request that accepts it
        chat = CallChat(
            at,
            asked,
            name=name,
            defaults=self.defaults,
            reply_timeout=self.reply_timeout,
            functions=self.request.functions,
            transport=way,
        )
        try:
            if self.request.budget is not MISSING:
                chat.budget = self.request.budget
            accept_call(at, call_id, merge(self.defaults, asked))
        except BaseException:
            discard(chat)
            raise
        return chat


def discard(chat: CallChat) -> None:
    """End a chat and take it off the page, however that goes."""
    with contextlib.suppress(RealtimeError):  # it is let go of, however it ends
        chat.close()
    chat.widget.close()


def read_answer(config: Mapping[str, Any] | None) -> Request:
    """Return a config given in Python as a request; names as in a cell's front matter.

    Raises
    ------
    UsageError
        For what is no config.
    ConfigError
        For what cannot be read.
    """
    if config is None:
        config = {}
    if not hasattr(config, "keys"):
        raise UsageError(f"config={config!r:.60} is no config: write {{'instructions': '…'}}.")
    settings = dict(config)
    budget = read_budget(settings.pop("budget", MISSING))
    functions: dict[str, Callable[..., Any]] = {}
    if "tools" in settings:
        settings["tools"], functions = bind_tools(settings["tools"], {})
    draft = read_config({"type": "realtime", **settings})
    return Request(draft.config, draft.kind, draft.problems, budget, functions)
