"""What a chat knows of its tools: functions that the model may call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from realtime_nb.errors import RealtimeError, UsageError
from realtime_nb.notebook.tools.approval_table import ApprovalTable
from realtime_nb.notebook.tools.binding import read_options
from realtime_nb.notebook.tools.by_hand import CallByHand
from realtime_nb.notebook.tools.table import ToolTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.client.loop import Call
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.notebook.tools.of_chat import ChatTools
    from realtime_nb.protocol.config.problem import SessionKind

F = TypeVar("F", bound="Callable[..., Any]")

_SEND_S = 10.0


class HasTools:
    """The tools of a `Chat`."""

    if TYPE_CHECKING:
        session: RealtimeSession
        name: str
        asked: dict[str, Any]
        _tools: ChatTools

        @property
        def kind(self) -> SessionKind:
            """Of the session."""
            ...

        @property
        def state(self) -> str:
            """Of the session."""
            ...

    @overload
    def tool(self, function: F, /) -> F: ...
    @overload
    def tool(self, /, **options: Any) -> Callable[[F], F]: ...
    def tool(self, function: Any = None, /, **options: Any) -> Any:
        """Let the model call a function: ``@chat.tool``, or ``@chat.tool(approve=True)``.

        The model is told its name, docstring and parameters; a function of the same name in a
        later cell is the one that is called from then on. On an open chat the tools in force
        are changed at once; what the service has against it is said in one line.

        Parameters
        ----------
        function
            The function, where the decorator stands without parentheses.
        **options
            ``name``, ``description``: what the model is told in place of the function's own.
            ``main``: run on the kernel's main thread, between cells. ``approve``: ask the user
            before each call. ``timeout_s``: how long a call may take, in seconds.
            ``on_interrupt``: ``"cancel"`` or ``"finish"`` when the user barges in.
            ``follow_up``: whether the model answers once the output is in.

        Returns
        -------
        Callable
            The function, unchanged.

        Raises
        ------
        ConfigError
            When the function cannot be described; the parameter is named.
        UsageError
            For an option that there is not, and in a session that calls no tools.
        """
        if self.kind != "realtime":
            raise UsageError(f"a {self.kind} session calls no tools; a conversation does.")
        made = read_options(options) if options else None

        def register(given: F) -> F:
            if not callable(given):
                raise UsageError("@chat.tool takes options by name, as in chat.tool(main=True).")
            undo, told = self._tools.register(given, made)
            if (refused := self._send_tools()) is not None:
                undo()
                told = f"the service did not take the tool: {refused}"
            if told:
                self._tools.tell(f"{self.name}: {told}")
            return given

        return register if function is None else register(function)

    @property
    def tools(self) -> ToolTable:
        """The tools, with what came of their calls; ``del chat.tools["name"]`` takes one away."""
        return ToolTable(self._tools, (self.session.effective or {}).get("tools"), self._forget)

    @property
    def approvals(self) -> ApprovalTable:
        """The calls that wait for a yes or no, to be answered from Python as in the chat.

        ``call = chat.say("refund order 427")``, ``chat.approvals.allow()``, ``await call``.
        """
        return ApprovalTable(self._tools.desk.approvals)

    def call(self, name: str, /, **arguments: Any) -> CallByHand:
        """Call a tool by hand, as the model would; the model hears nothing of it.

        Shown as a cell's value it waits, and shows what the model would be given and what
        the function shows; else await it, or ask it for its ``.result()``.

        Parameters
        ----------
        name
            The tool.
        **arguments
            What it is given: checked as a model's are.

        Raises
        ------
        UsageError
            When there is no such tool.
        """
        registry = self._tools.registry
        if name not in registry:
            there = f"there are {', '.join(registry.names)}" if len(registry) else "there is none"
            raise UsageError(f"{self.name} has no function {name!r} to call: {there}.")
        return CallByHand(self._tools.desk.call(name, arguments), self._tools.stage)

    def answer_call(self, call_id: str, output: Any) -> None:
        """Answer a call that nothing here answers: of a mere definition, without a function.

        Parameters
        ----------
        call_id
            Of the call, as in ``chat.items``.
        output
            What the model is to be given: a text, or what can be written as JSON.

        Raises
        ------
        UsageError
            For a call that there is not, or that was answered.
        """
        self._tools.desk.answer_call(call_id, output)

    @property
    def toolbox(self) -> ChatTools:
        """What runs the tools: for whoever takes this chat's place."""
        return self._tools

    # -- what the service is told

    def _asked_with_tools(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return a config with the registered tools among those it asks for."""
        if not len(self._tools.registry):
            return dict(config)
        return {**config, "tools": self._tools.among(config.get("tools"))}

    def _send_tools(self) -> RealtimeError | None:
        """Tell the service which tools there are now; return what it has against them."""
        wanted = self._tools.among(self.asked.get("tools"))
        if self.state == "restoring":
            self._send_later(wanted, "the tools")
        if self.state != "open":
            return None
        try:
            self.session.update({"tools": wanted}).result(_SEND_S)
        except RealtimeError as error:
            return error
        return None

    def _update_tools(
        self, config: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]
    ) -> Call[dict[str, Any]]:
        """Send a change that has tools in it; they take the place of those a cell listed."""
        undo = self._tools.bind(functions)
        call = self.session.update(self._asked_with_tools(config))
        before = self.asked
        self.asked = {**self.asked, "tools": config.get("tools")}

        def done(call: Call[dict[str, Any]]) -> None:
            if call.exception() is not None:
                undo()
                self.asked = before

        call.add_done_callback(done)
        return call

    def stands_here(self) -> None:
        """Note that the cell that runs shows the chat: its calls show there from now on."""
        self._tools.stands_here()

    def after_cell(self) -> None:
        """Bring up to date what a cell may have changed, and show what waited for one."""
        self._refresh_tools()
        self._tools.flush()

    def _forget(self, name: str) -> None:
        """Take a tool away, also one that the cell lists."""
        listed = cast("list[Any]", self.asked.get("tools") or [])
        rest = [one for one in listed if not _is_named(one, name)]
        if name not in self._tools.registry and len(rest) == len(listed):
            raise KeyError(name)
        self._tools.drop(name)
        if len(rest) < len(listed):
            self.asked = {**self.asked, "tools": rest}
        if (refused := self._send_tools()) is not None:
            raise refused

    def _refresh_tools(self) -> None:
        """Tell the service of functions that were defined anew with another signature."""
        changed = self._tools.changed()
        if changed and self.state in ("open", "restoring"):
            names = ", ".join(f"{one}()" for one in changed)
            self._send_later(self._tools.among(self.asked.get("tools")), names)

    def _send_later(self, wanted: list[Any], names: str) -> None:
        """Tell the service of tools without waiting; a refusal is shown."""

        def done(call: Call[Any]) -> None:
            if (error := call.exception()) is not None:
                self._tools.notice("error", f"The model has {names} as before: {error}")

        self.session.update({"tools": wanted}).add_done_callback(done)


def _is_named(tool: Any, name: str) -> bool:
    if not isinstance(tool, dict):
        return False
    given = cast("dict[str, Any]", tool)
    return name in (given.get("name"), given.get("server_label"))
