"""The tools of one chat: its functions, the desk that runs them, and where they show."""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.client.tools.desk import ToolDesk
from realtime_nb.client.tools.registry import ToolRegistry
from realtime_nb.client.tools.stage import PlainStage
from realtime_nb.errors import UsageError
from realtime_nb.notebook.tools.cell_outputs import CellOutputs
from realtime_nb.notebook.tools.main_thread import WAIT_S
from realtime_nb.notebook.tools.place import CELL, place_here
from realtime_nb.notebook.tools.stage import NotebookStage, Performance
from realtime_nb.protocol.summary import shorten
from realtime_nb.protocol.told import as_list
from realtime_nb.protocol.tools.definition import define_function
from realtime_nb.protocol.tools.options import carried_options, options_of, with_options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.bridge import Bridge
    from realtime_nb.bridge.tools.displays import Displays
    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.client.tools.records import CallRecord
    from realtime_nb.client.tools.stage import ToolCall
    from realtime_nb.protocol.tools.options import ToolOptions

_ARGUMENTS_CHARS: Final = 200
_NONE: Final = "none"

_log = logging.getLogger(__name__)


class ChatTools:
    """The tools of one chat.

    Parameters
    ----------
    functions
        Those that the chat's cell names, by tool name.
    before
        The tools of the chat whose place this one takes: what was registered goes along.

    Attributes
    ----------
    registry
        The functions.
    options
        How each tool that a decorator brought may be called; it keeps them where it is listed anew.
    place
        The notebook, None where there is none.
    stage
        What stands around each call.
    desk
        Who runs them; there once `begin` was called.
    """

    desk: ToolDesk

    def __init__(
        self, functions: Mapping[str, Callable[..., Any]], before: ChatTools | None = None
    ) -> None:
        self.place = place_here()
        self.registry = ToolRegistry(None if self.place is None else self.place.find)
        self._of_cell: frozenset[str] = frozenset()
        self.options: dict[str, ToolOptions] = {} if before is None else dict(before.options)
        self._told_problems: dict[str, str] = {}
        self._bridge: Bridge | None = None
        self._loop: BackgroundLoop | None = None
        self._outputs = None if self.place is None else CellOutputs(self.place.publish)
        self.stage = PlainStage() if self.place is None else self._notebook_stage(self.place)
        if before is not None:
            for name in before.registered:
                if (tool := before.registry.get(name)) is not None:
                    self.registry.add(tool.function, tool.options)
        self.bind(functions)

    # -- which there are

    @property
    def registered(self) -> list[str]:
        """The names of the tools that no cell lists: those a decorator brought."""
        return [name for name in self.registry.names if name not in self._of_cell]

    def bind(self, functions: Mapping[str, Callable[..., Any]]) -> Callable[[], None]:
        """Have the functions of a cell run, in place of those it named before.

        Returns
        -------
        Callable
            What puts back those before.
        """
        before = [self.registry.get(name) for name in self._of_cell | functions.keys()]
        before_names = self._of_cell
        for name in before_names - functions.keys():
            self.drop(name)
        for name, function in functions.items():
            self.registry.add(function, carried_options(function) or self.options.get(name))
        self._of_cell = frozenset(functions)

        def undo() -> None:
            for name in functions:
                self.drop(name)
            for tool in before:
                if tool is not None:
                    self.registry.add(tool.function, tool.options)
            self._of_cell = before_names

        return undo

    def register(
        self, function: Callable[..., Any], options: ToolOptions | None
    ) -> tuple[Callable[[], None], str]:
        """Take in a function that a decorator brings.

        Returns
        -------
        undo
            What makes it undone.
        told
            What its author should know; ``""`` for nothing.
        """
        wanted = define_function(function, **_words(options or options_of(function)))["name"]
        # An agent or a cell that lists it keeps them: no approval is lost on the way.
        self.options[wanted] = options or options_of(function)
        with contextlib.suppress(UsageError):  # a method carries none
            with_options(function, self.options[wanted])
        before, of_cell = self.registry.get(wanted), self._of_cell
        self.registry.add(function, options)
        self._of_cell -= {wanted}

        def undo() -> None:
            self.registry.remove(wanted)
            if before is not None:
                self.registry.add(before.function, before.options)
            self._of_cell = of_cell

        other = before is not None and not _is_same(before.function, function)
        return undo, f"another tool was called {wanted}; this one takes its place." * other

    def changed(self) -> list[str]:
        """Return the tools that functions of later cells have changed since this was asked."""
        names = [tool.name for tool in self.registry.changed()]
        for name, problem in self.registry.problems.items():
            if self._told_problems.get(name) != problem:
                self.tell(f"{name}() stays as it was: {problem}")
        self._told_problems = self.registry.problems
        return names

    def tell(self, line: str) -> None:
        """Say one line below the cell that runs; without a notebook in the log."""
        if self.place is not None:
            self.place.tell(line)
        else:
            _log.warning("%s", line)

    def drop(self, name: str) -> None:
        """Forget a function, if there is one of the name."""
        if name in self.registry:
            self.registry.remove(name)
        self._of_cell -= {name}

    def among(self, written: Any) -> list[Any]:
        """Return the tools of a config, as they are now, and after them the registered ones.

        Parameters
        ----------
        written
            What stands for `tools` in the config.
        """
        mine = {str(one["name"]): one for one in self.registry.definitions()}
        listed = as_list(written)
        return [*(mine.pop(_name_of(one), one) for one in listed), *mine.values()]

    # -- how they run

    def begin(
        self,
        session: RealtimeSession,
        bridge: Bridge,
        loop: BackgroundLoop,
        displays: Displays | None = None,
        *,
        page: Callable[[], str] = lambda: "",
    ) -> None:
        """Answer the calls of a session, and show them in its pages.

        Parameters
        ----------
        session, bridge, loop
            Of the chat.
        displays
            Makes what its pages show of a call's outputs.
        page
            Returns the session with the kernel of the page in use, ``""`` where it is not known.
        """
        self._page = page
        self._bridge, self._loop = bridge, loop
        self.desk = ToolDesk(session, self.registry, self.stage, loop)
        # Who asks for an answer is given the one that follows the tools.
        session.follower = self.desk.turns
        bridge.tools.attach(self.desk, displays)
        undo = self.desk.on_change(self._changed), self.desk.on_notice(bridge.notice)
        self._undo = list(undo)

    def start(self) -> None:
        """Take calls."""
        self.desk.start()

    def stop(self) -> None:
        """Take no more calls, and stop those that run."""
        for undo in self._undo:
            undo()
        self.desk.stop()

    def stands_here(self) -> None:
        """Note that the cell that runs shows the chat: there its calls show from now on."""
        if self.place is not None and self._outputs is not None:
            self._outputs.stand_in(self.place.header())

    def flush(self) -> None:
        """Send into the cell that runs what nobody could have taken before."""
        if self._outputs is not None:
            self._outputs.flush()

    # -- what they show

    def _notebook_stage(self, place: Any) -> NotebookStage:
        return NotebookStage(place, show=self._show, wait=self._tell_wait)

    def _show(self, call: ToolCall, performance: Performance) -> None:
        """Show a call that gave something; on its own thread."""
        if call.origin == "model":
            self._put(call, performance, f"{performance.took_ms:,.0f} ms")

    def _changed(self, record: CallRecord) -> None:
        """Show a call that gave nothing; on the session's thread."""
        if not record.ended or record.status == "ok" or record.call.origin != "model":
            return
        if isinstance(self.stage, NotebookStage):
            how = record.status.replace("_", " ")
            told = f"{how}: {record.error}" if record.error else how
            performance = self.stage.performed(record.call.call_id)
            # Sending waits for the kernel's own streams, and the session's thread does not.
            threading.Thread(
                target=self._put,
                args=(record.call, performance, told),
                name="realtime_nb call shown",
                daemon=True,
            ).start()

    def _put(self, call: ToolCall, performance: Performance | None, how: str) -> None:
        place, bridge = self.place, self._bridge
        if place is None or bridge is None or place.outputs == _NONE:
            return
        outputs = [] if performance is None else performance.outputs
        if outputs:
            bridge.tools.show(call.call_id, outputs)
        if self._outputs is not None and place.is_notebook and place.outputs == CELL:
            title = f"{call.name}({shorten(call.arguments, _ARGUMENTS_CHARS)}) · {how}"
            page = self._page() if bridge.has_page else None
            self._outputs.add(title, outputs, page=page, in_cell=place.main.in_cell)
        if isinstance(self.stage, NotebookStage):
            self.stage.forget(call.call_id)

    def _tell_wait(self, call: ToolCall) -> None:
        self.notice(
            "warning",
            f"{call.name}() has been waiting for {WAIT_S:g} s: it runs on the kernel's main"
            " thread, and a cell is running. Stop that cell, or leave main=True out.",
        )

    def notice(self, level: str, text: str) -> None:
        """Show one line in the chat's pages; from any thread."""
        if self._bridge is not None and self._loop is not None:
            self._loop.post(self._bridge.notice, level, text)


def _words(options: ToolOptions) -> dict[str, str | None]:
    return {"name": options.name, "description": options.description}


def _is_same(before: Any, function: Any) -> bool:
    """Whether a function is another's next version: a cell that ran again, or was edited."""
    return all(
        getattr(before, key, None) == getattr(function, key, before)
        for key in ("__qualname__", "__module__")
    )


def _name_of(tool: Any) -> str:
    """Return the name of a function's definition; ``""`` of what is none."""
    if not isinstance(tool, dict):
        return ""
    given = cast("dict[str, Any]", tool)
    return str(given.get("name")) if given.get("type", "function") == "function" else ""
