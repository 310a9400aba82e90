"""Putting what the model is told of its calls into the conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.errors import CallTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.client.loop import BackgroundLoop
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.protocol.tools.actions import ModelCall
    from realtime_nb.protocol.tools.approval import Decision


class Outputs:
    """Sends outputs, and tells what the service says to them.

    Parameters
    ----------
    session
        The session.
    loop
        Its loop.
    entered, refused
        One of them is called with each call's id, on the session's thread: its output is in
        the conversation, or is not.
    notice
        Tells people, in one line, what went wrong.
    """

    def __init__(
        self,
        session: RealtimeSession,
        loop: BackgroundLoop,
        *,
        entered: Callable[[str], None],
        refused: Callable[[str], None],
        notice: Callable[[str], None],
    ) -> None:
        self._session = session
        self._loop = loop
        self._entered = entered
        self._refused = refused
        self._notice = notice
        self._decisions: dict[str, Decision] = {}

    def decided(self, request_id: str, decision: Decision) -> None:
        """Note how a request for approval was answered, before that is sent."""
        self._decisions[request_id] = decision

    def send(self, call: ModelCall, output: str) -> None:
        """Send the output of a call, or the answer to a request for approval."""
        sent = self._session.create_item(self._item(call, output))
        sent.add_done_callback(lambda done: self._loop.post(self._done, call, done.exception()))

    def _item(self, call: ModelCall, output: str) -> dict[str, Any]:
        if not call.server:
            return {"type": "function_call_output", "call_id": call.call_id, "output": output}
        decision = self._decisions.pop(call.call_id)
        item = {
            "type": "mcp_approval_response",
            "approval_request_id": call.call_id,
            "approve": decision.approved,
        }
        return {**item, "reason": decision.reason} if decision.reason else item

    def _done(self, call: ModelCall, error: BaseException | None) -> None:
        if error is None:
            self._entered(call.call_id)
        elif isinstance(error, CallTimeout):
            # Sent it is, and the service takes events in order: what follows comes after it.
            self._notice(f"the service has not said that it took the output of {call.name}()")
            self._entered(call.call_id)
        else:
            if self._session.state == "open":
                self._notice(f"the output of {call.name}() was not taken: {error}")
            self._refused(call.call_id)
