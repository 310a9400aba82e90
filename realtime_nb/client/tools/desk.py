"""The desk at which the model's calls come in, are run, and are answered.

What is done when is the `CallLedger`'s to say; here it is done. All of it happens on the
session's thread, where nothing waits: functions run elsewhere, see `run_tool`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, assert_never

from realtime_nb.client.listeners import Listeners
from realtime_nb.client.tools.approvals import Approvals
from realtime_nb.client.tools.counts import Counts, ToolCount
from realtime_nb.client.tools.follow_up import FollowUps
from realtime_nb.client.tools.leads import Leads
from realtime_nb.client.tools.mcp_desk import McpDesk
from realtime_nb.client.tools.outcome import ToolCall
from realtime_nb.client.tools.outputs import Outputs
from realtime_nb.client.tools.policy import SessionPolicy
from realtime_nb.client.tools.records import CallRecord, CallRecords
from realtime_nb.client.tools.runs import Runs
from realtime_nb.client.tools.turns import TurnEnds
from realtime_nb.errors import ConnectionLost, UsageError
from realtime_nb.protocol.ids import new_id
from realtime_nb.protocol.restored.gap import GAP
from realtime_nb.protocol.tools.actions import (
    Action,
    Approve,
    FollowUp,
    HandOver,
    ModelCall,
    Run,
    Send,
    Stop,
    Wait,
)
from realtime_nb.protocol.tools.ledger import CallLedger
from realtime_nb.protocol.tools.output import output_text

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from realtime_nb.client.loop import BackgroundLoop, Call
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.client.tools.outcome import Outcome
    from realtime_nb.client.tools.registry import ToolRegistry
    from realtime_nb.client.tools.stage import Stage
    from realtime_nb.protocol.log.event_log import Record

COMING_S: Final = 1.0
"""How long the service may take to begin by itself what it is expected to, in seconds."""

_STOPPED: Final = "the chat was closed"
_MISSED: Final = (
    "the connection to the call was away for a moment: a function that the model called meanwhile"
    " was not run; ask again where an answer is missing"
)


class ToolDesk:
    """Answers the calls of a session's model by the functions of a registry.

    Everything may be asked of it from any thread.

    Parameters
    ----------
    session
        The session.
    registry
        The functions.
    stage
        What is around a call: where it runs, what is caught of it.
    loop
        The session's loop.

    Attributes
    ----------
    approvals
        The questions that wait for the user's yes or no.
    leads
        What the answer that follows a call is to say.
    mcp
        The session's MCP servers, and what the service calls there.
    turns
        Where turns end; a session whose `follower` it is gives the answer that follows tools.
    """

    def __init__(
        self, session: RealtimeSession, registry: ToolRegistry, stage: Stage, loop: BackgroundLoop
    ) -> None:
        self._session = session
        self._loop = loop
        self.approvals = Approvals(loop, session.now_ms)
        self.mcp = McpDesk(self.approvals)
        self._records = CallRecords()
        self._counts = Counts()
        self._notices: Listeners[str, str] = Listeners()
        self._policy = SessionPolicy(session, registry)
        self._ledger = CallLedger(self._policy)
        self._runs = Runs(
            registry,
            stage,
            approvals=self.approvals,
            records=self._records,
            counts=self._counts,
            now_ms=session.now_ms,
        )
        self._outputs = Outputs(
            session,
            loop,
            entered=lambda call_id: self._do(self._ledger.entered(call_id)),
            refused=lambda call_id: self._do(self._ledger.refused(call_id)),
            notice=self._warn,
        )
        self._follow_ups = FollowUps(
            session,
            loop,
            wants=self._ledger.wants,
            over=lambda number: self._do(self._ledger.dropped(number)),
            notice=self._warn,
        )
        self.leads = Leads(self._ledger)
        self.turns = TurnEnds(self._ledger, self._runs.known, self._records)
        self._tasks: set[asyncio.Task[None]] = set()
        self._undo: list[Callable[[], None]] = []

    # -- what is

    @property
    def calls(self) -> tuple[CallRecord, ...]:
        """The calls of the session, the oldest first, at most `MAX_RECORDS`."""
        return self._records.all(self._session.now_ms())

    def counts(self) -> list[ToolCount]:
        """Return how often each tool was called, how it went and how long it took."""
        return self._counts()

    def on_change(self, listener: Callable[[CallRecord], object]) -> Callable[[], None]:
        """Have `listener` called on the session's thread with each call that changes.

        Returns
        -------
        Callable
            Call it to unsubscribe.
        """
        return self._records.changed.add(listener)

    def on_notice(self, listener: Callable[[str, str], object]) -> Callable[[], None]:
        """Have `listener` called on the session's thread with what people should know.

        It is given a level, ``"warning"`` or ``"info"``, and one line.

        Returns
        -------
        Callable
            Call it to unsubscribe.
        """
        return self._notices.add(listener)

    # -- begin and end

    def start(self) -> None:
        """Answer calls from now on; again it changes nothing."""
        if not self._undo:
            self._loop.post(self.turns.begin)
            self._undo = [
                self._session.subscribe(self._take),
                self._session.on_state(self._moved),
                self._session.on_interrupted(self.interrupt),
                self._policy.start(),
                self._session.will_answer(lambda: self._ledger.open_ids),
            ]

    def stop(self) -> None:
        """Answer no calls any more; what runs is told to stop."""
        undo, self._undo = self._undo, []
        for function in undo:
            function()
        self._loop.post(self._end)
        self._loop.post(self.turns.stop, lambda: ConnectionLost(_STOPPED))

    # -- what the user does

    def call(self, name: str, arguments: Mapping[str, Any]) -> Call[Outcome]:
        """Call a function by hand, as the model would; the model hears nothing of it.

        It is in `calls`, and needs no approval.

        Parameters
        ----------
        name
            The tool.
        arguments
            By name; what JSON can hold.

        Raises
        ------
        UsageError
            For a name there is none of, and for arguments that are no JSON.
        """
        written = self._policy.written(name, arguments)
        call = ToolCall(new_id("call"), name, written, origin="hand")
        return self._loop.call(self._runs.run(call), f"{name}()")

    def answer_call(self, call_id: str, output: Any) -> None:
        """Answer a call of the model in place of a function; then the model goes on.

        Parameters
        ----------
        call_id
            The call, see `calls`.
        output
            What the model is told: a text, or what JSON can hold.

        Raises
        ------
        UsageError
            For a call that there is none of, or that has its answer.
        """
        open_calls = {one.call_id: one for one in self._ledger.unanswered if not one.server}
        if call_id not in open_calls:
            known = ", ".join(open_calls) or "none"
            raise UsageError(f"no call {call_id!r} waits for an answer; these do: {known}")
        self._loop.post(self._answer, call_id, output_text(output))

    def interrupt(self) -> None:
        """Take it that the user has cut in: what may be cancelled is; on the session's thread."""
        self._do(self._ledger.interrupted())

    async def run(self, call: ToolCall) -> Outcome:
        """Run a call that is not the conversation's, with approval; on the session's loop.

        What comes of it is the caller's: nothing is sent.
        """
        return await self._runs.run(call)

    # -- inside

    def _take(self, record: Record, _changed: frozenset[str]) -> None:
        if record.direction == "sent":
            self._policy.sent(record.event)
            self._do(self._ledger.sent(record.event))
            return
        if record.event.type == GAP and self._policy.has_tools:
            self._warn(_MISSED)
        self._act(self._ledger.received(record.event))
        self.turns.received(record.event)
        self.mcp.take(record)

    def _do(self, actions: list[Action]) -> None:
        self._act(actions)
        self.turns.look()

    def _act(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Run(call):
                    # At once: it may be stopped before its task begins.
                    self._runs.begin(_tool_call(call))
                    self._start(self._run(call))
                case HandOver(call):
                    self._records.begin(_tool_call(call), "yours", self._session.now_ms())
                case Approve(call):
                    self._start(self._approve(call))
                case Stop(call, why, output):
                    self._stop(call, why, output)
                case Send(call, output):
                    self._outputs.send(call, output)
                case FollowUp(number):
                    self._follow_ups.ask(number, self.leads.take())
                case Wait(number):
                    loop = asyncio.get_running_loop()
                    loop.call_later(COMING_S, lambda at=number: self._do(self._ledger.settled(at)))
                case _:
                    assert_never(action)

    async def _run(self, call: ModelCall) -> None:
        tool = self._runs.known(call.name)
        follow_up = tool.options.follow_up if tool is not None else True
        outcome = await self._runs.run(_tool_call(call))
        follow_up = follow_up or call.call_id in self.leads
        self._do(self._ledger.finished(call.call_id, outcome.output, follow_up=follow_up))

    async def _approve(self, call: ModelCall) -> None:
        decision = await self.mcp.decide(call)
        if decision.how == "gone":
            return  # answered by hand
        self._outputs.decided(call.call_id, decision)
        self._do(self._ledger.finished(call.call_id, decision.how))

    def _stop(self, call: ModelCall, why: str, output: str) -> None:
        if call.server:
            self.approvals.withdraw(call.call_id)  # it never runs here
            return
        if self._records.get(call.call_id) is None:
            # It came when the user had cut in already, and never ran.
            self._records.begin(_tool_call(call), "queued", self._session.now_ms())
        self._runs.stop(call.call_id, why, output)

    def _answer(self, call_id: str, output: str) -> None:
        actions = self._ledger.finished(call_id, output)
        if self._runs.running(call_id):
            self._runs.stop(call_id, "answered by hand", output)
        else:
            self._records.change(call_id, status="ok", output=output)
        self._do(actions)

    def _moved(self, state: str) -> None:
        if state in ("closed", "failed"):
            self._end()

    def _end(self) -> None:
        self._runs.stop_all(_STOPPED)
        for task in self._tasks:
            task.cancel()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _warn(self, text: str) -> None:
        self._notices.tell("warning", text)


def _tool_call(call: ModelCall) -> ToolCall:
    return ToolCall(call.call_id, call.name, call.arguments, call.response_id, call.item_id)
