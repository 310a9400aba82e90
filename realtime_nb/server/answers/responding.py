"""Responses of one session: made, one active at a time, cancelled, ended.

Only the default conversation's response blocks another one; out-of-band responses run
beside it, as many as there are.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.ids import new_id
from realtime_nb.server.answers.answer import Answer
from realtime_nb.server.answers.context import as_context, fit, head_tokens
from realtime_nb.server.answers.pacing import Pacer
from realtime_nb.server.answers.response_events import FinalStatus, ResponseEvents
from realtime_nb.server.answers.usage import UsageMeter
from realtime_nb.server.brain.interface import BrainError, BrainRequest
from realtime_nb.server.config.item_fields import make_item
from realtime_nb.server.config.response_fields import RESPONSE_FIELDS, ResponsePlan, plan_response
from realtime_nb.server.mcp.definition import uses_mcp
from realtime_nb.server.wire_errors import WireError, invalid_value

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from realtime_nb.server.core import Core
    from realtime_nb.server.items import Item

Json = dict[str, Any]

MOST_BESIDE: Final = 64
"""Responses outside of the conversation that run at a time; the code for one more is ours."""

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Running:
    """A response under way."""

    events: ResponseEvents
    pacer: Pacer
    task: asyncio.Task[None] | None = None


class Responding:
    """The responses of one session.

    Parameters
    ----------
    core
        What the session shares.
    on_spoken
        Called when a response of the default conversation is complete, with the session's
        clock (s) at which its sound will have been heard.
    """

    def __init__(self, core: Core, on_spoken: Callable[[float], None]) -> None:
        self._core = core
        self._on_spoken = on_spoken
        self._conversation_id = new_id("conv")
        self._meter = UsageMeter()
        self._active: _Running | None = None
        self._beside: dict[str, _Running] = {}

    @property
    def active_id(self) -> str | None:
        """Id of the default conversation's response under way."""
        return self._active.events.spec.id if self._active else None

    def create(self, asked: Any = None, *, idle: bool = False) -> None:
        """Begin a response.

        Parameters
        ----------
        asked
            The `response` of a `response.create`, as parsed; None for the session's own.
        idle
            Whether the idle timeout asks.

        Raises
        ------
        WireError
            When a field is refused, one is active, or the context is too long.
        """
        core = self._core
        checked: Json = RESPONSE_FIELDS.check(asked, "response") if asked is not None else {}
        plan = plan_response(
            checked,
            core.config,
            conversation_id=self._conversation_id,
            assistant_spoke=core.conversation.has_assistant_audio,
            refuse_mcp=core.mcp.refusal,
        )
        out_of_band = plan.spec.conversation_id is None
        if out_of_band and len(self._beside) >= MOST_BESIDE:
            raise WireError(
                f"{MOST_BESIDE} responses run beside the conversation already: wait for one.",
                code="rate_limit_exceeded",
            )
        if not out_of_band and self._active is not None:
            raise WireError(
                "Conversation already has an active response in progress: "
                f"{self.active_id}. Wait until the response is finished before creating a "
                "new one.",
                code="conversation_already_has_active_response",
            )
        items = self._items(plan)
        details = None
        if core.counts:
            details = self._meter.input_details(plan.instructions, plan.tools_wire, items)
        events = ResponseEvents(
            core.emit,
            plan.spec,
            conversation=None if out_of_band else core.conversation,
            input_details=details,
            now_s=core.now_s(),
        )
        running = _Running(events, Pacer(core.settings.pace))
        if out_of_band:
            self._beside[plan.spec.id] = running
        else:
            self._active = running
        core.config.learn_mcp(plan.mcp)
        events.created()
        running.task = core.spawn(self._drive(running, plan, items, idle=idle))

    def cancel(self, response_id: str | None = None) -> None:
        """End a response on the client's wish; the active one when none is named.

        Raises
        ------
        WireError
            When there is no such response under way.
        """
        running = self._active if response_id in {None, self.active_id} else None
        if running is None and response_id is not None:
            running = self._beside.get(response_id)
        if running is None:
            raise WireError(
                "Cancellation failed: no active response found",
                code="response_cancel_not_active",
            )
        self._stop(running, "client_cancelled")

    def interrupt(self) -> None:
        """End the active response, if any, because the user began to speak."""
        if self._active is not None:
            self._stop(self._active, "turn_detected")

    def _stop(self, running: _Running, reason: str) -> None:
        self._end(running, "cancelled", {"reason": reason})
        if running.task is not None:
            running.task.cancel()

    def _items(self, plan: ResponsePlan) -> list[Item]:
        """Return the items the response looks at, cut to the context's size."""
        core = self._core
        chosen = list(core.conversation)
        if plan.input is not None:
            chosen = [
                self._input_item(entry, f"response.input[{index}]")
                for index, entry in enumerate(plan.input)
            ]
        head = head_tokens(plan.instructions, plan.tools_wire)
        return fit(chosen, head, core.config.get("truncation"))

    def _input_item(self, entry: Json, path: str) -> Item:
        core = self._core
        if entry["type"] != "item_reference":
            item = make_item(entry, core.config.input_format, made_s=core.now_s(), path=path)
            core.listen_to(item)
            return item
        referred = core.conversation.get(entry["id"])
        if referred is None:
            raise invalid_value(f"{path}.id", f"the item with id '{entry['id']}' does not exist.")
        return referred

    async def _drive(
        self, running: _Running, plan: ResponsePlan, items: list[Item], *, idle: bool
    ) -> None:
        try:
            status, details = await self._answer(running, plan, items, idle=idle)
        except BrainError as error:
            status, details = "failed", _failure(error.code, str(error))
        except Exception as error:  # noqa: BLE001 -- logged, and told to the client
            # A fault of a brain or an engine ends the response, never the session.
            _log.exception("a response failed")
            status, details = "failed", _failure("server_error", f"{type(error).__name__}: {error}")
        if running.events.active:
            self._end(running, status, details)

    async def _answer(
        self, running: _Running, plan: ResponsePlan, items: list[Item], *, idle: bool
    ) -> tuple[FinalStatus, Json | None]:
        core, spec = self._core, plan.spec
        own = uses_mcp(plan.own_tools)
        if own:
            # Given with the response itself, so it must be able to use them.
            core.mcp.sync((plan.mcp[label] for label in own), once=True)
            await core.mcp.listed(own)
        request = BrainRequest(
            instructions=plan.instructions,
            items=await as_context(items),
            tools=(*plan.tools, *core.mcp.tools(plan.tools_wire, plan.mcp)),
            tool_choice=plan.tool_choice,
            forced_tool=plan.forced_tool,
            forced_server=plan.forced_server,
            now_s=core.now_s(),
            idle=idle,
            response_id=spec.id,
            beside=spec.conversation_id is None,
        )
        answer = Answer(
            running.events,
            voice=core.mouth(spec),
            pacer=running.pacer,
            gate=core.gate,
            call_mcp=lambda events, call: core.mcp.start(events, call, plan.mcp),
        )
        return await answer.run(core.brain.respond(request))

    def _end(self, running: _Running, status: FinalStatus, details: Json | None) -> None:
        core = self._core
        if running is self._active:
            self._active = None
        self._beside.pop(running.events.spec.id, None)
        usage = running.events.finish(status, details)
        if usage is not None:
            limits = self._meter.rate_limits(usage["total_tokens"], core.now_s())
            core.emit("rate_limits.updated", rate_limits=limits)
        if status == "completed" and running.events.spec.conversation_id is not None:
            started_s = running.pacer.started_s
            heard_s = (started_s or core.now_s()) + running.events.audio_ms / 1000.0
            self._on_spoken(max(heard_s, core.now_s()))


def _failure(code: str, message: str) -> Json:
    return {"error": {"type": "server_error", "code": code, "message": message}}
