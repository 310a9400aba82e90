"""What can be asked of an open session, as coroutines on the loop's own thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.futures import fail, settle
from realtime_nb.client.kinds import require_call, update_of
from realtime_nb.client.outbox import CLEAR, COMMIT
from realtime_nb.client.restoring.retelling import ask_to_cut
from realtime_nb.client.turns.races import is_race
from realtime_nb.client.turns.turn_end import last_of_turn
from realtime_nb.errors import ConnectionLost, RealtimeError, ServerError, UsageError
from realtime_nb.protocol.ids import new_id
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from realtime_nb.client.core import SessionCore
    from realtime_nb.client.outgoing import AnyEvent
    from realtime_nb.client.turns.response import Response
    from realtime_nb.client.turns.turn import Turn
    from realtime_nb.protocol.events import Event

_NO_SOUND: Final = "input_audio_buffer_commit_empty"
_NOTHING_TO_CANCEL: Final = "response_cancel_not_active"


async def update(
    core: SessionCore, config: Mapping[str, Any], event_id: str = ""
) -> dict[str, Any]:
    """Change the session; return what is in force afterwards."""
    await core.ready()
    named = {"event_id": event_id} if event_id else {}
    answer = await core.ask({**update_of(config, core.kind), **named})
    return as_object(answer.get("session")) or core.conversation.session or {}


async def say(core: SessionCore, text: str) -> Response:
    """Add a message of the user and have it answered; return the last response of the turn."""
    await core.ready()
    require_call(core.kind, "say")
    if not text.strip():
        raise UsageError("say() needs some text")
    if core.gate is not None:
        await core.gate.admit(text)
        await core.gate.settled(strict=False)
        await core.ready()
    core.budget.check()  # before the item, which nobody would answer
    item = {
        "id": new_id("item"),
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": text}],
    }
    future = _future()
    turns: list[Turn] = []

    def refused(error: RealtimeError) -> None:
        fail(future)(error)
        # The answer would be one to nothing.
        for turn in turns:
            core.sequencer.withdraw(turn, cancel=True)

    core.transmit({"type": "conversation.item.create", "item": item}, refuse=refused)
    turns.append(_submit(core, {}, future))
    return await _response(core, future, turns[0])


async def present(core: SessionCore, item: Mapping[str, Any]) -> str:
    """Add an item and have it answered; return its id as soon as the service has it.

    Both are asked for at once: what is said next comes behind its answer.
    """
    await core.ready()
    require_call(core.kind, "insert")
    if core.gate is not None:
        await core.gate.settled(strict=False)
        await core.ready()
    core.budget.check()  # before the item, which nobody would answer
    future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
    turns: list[Turn] = []

    def refused(error: RealtimeError) -> None:
        fail(future)(error)
        for turn in turns:
            core.sequencer.withdraw(turn, cancel=True)

    event = {"type": "conversation.item.create", "item": {"id": new_id("item"), **item}}
    event_id = core.transmit(event, answer=settle(future), refuse=refused)
    # An answer that fails is told of by its own event.
    turns.append(core.sequencer.submit({}, lambda _: None, lambda _: None))
    answer = await core.wait_for(future, "conversation.item.create", event_id)
    return str(answer.get("item.id", ""))


async def create_item(core: SessionCore, item: Mapping[str, Any]) -> str:
    """Add an item to the conversation; return its id."""
    await core.ready()
    require_call(core.kind, "create_item")
    # With an id of ours, an answer that names no event still finds its call.
    event = {"type": "conversation.item.create", "item": {"id": new_id("item"), **item}}
    answer = await core.ask(event)
    return answer.get("item.id", "")


async def respond(core: SessionCore, overrides: Mapping[str, Any]) -> Response:
    """Have a response made; return the last one of the turn that it begins."""
    await core.ready()
    require_call(core.kind, "respond")
    if core.gate is not None and overrides.get("conversation") != "none":
        # What the author has said in the author's own words is no answer to what was vetoed.
        await core.gate.settled(strict="instructions" not in overrides)
        await core.ready()
    future = _future()
    return await _response(core, future, _submit(core, overrides, future))


async def respond_if(
    core: SessionCore, wanted: Callable[[], bool], overrides: Mapping[str, Any]
) -> Response | None:
    """Have a response made, unless it is not wanted any more when its time has come.

    It is returned itself, whatever follows it.
    """
    await core.ready()
    require_call(core.kind, "respond")
    if core.gate is not None:
        await core.gate.settled(strict=False)
        await core.ready()
    future = _future()

    def still() -> bool:
        if not future.done() and not wanted():
            settle(future)(None)
        return not future.done()

    turn = core.sequencer.submit(overrides, settle(future), fail(future), still)
    return await _response(core, future, turn)


def _submit(core: SessionCore, overrides: Mapping[str, Any], future: asyncio.Future[Any]) -> Turn:
    # What is beside the talk is no turn of it: its calls are not run.
    beside = overrides.get("conversation") == "none"
    resolve = settle(future) if beside else last_of_turn(core, future)
    return core.sequencer.submit(overrides, resolve, fail(future), lambda: not future.done())


async def _response(core: SessionCore, future: asyncio.Future[Response], turn: Turn) -> Response:
    try:
        return await future
    except asyncio.CancelledError:
        core.sequencer.withdraw(turn)
        raise


async def commit(core: SessionCore, asked: Callable[[], Awaitable[Event]] | None = None) -> str:
    """Make an item of the sound sent so far; return its id.

    Parameters
    ----------
    core
        The session.
    asked
        What `at_once` returned, where that was possible.
    """
    await _in_place(core)
    require_call(core.kind, "commit")
    try:
        answer = await (asked() if asked else core.ask({"type": COMMIT}))
    except ServerError as error:
        if error.code == _NO_SOUND and core.held.incomplete:
            raise ConnectionLost(core.policy.not_committed) from None
        raise
    return answer.get("item_id", "")


async def clear_input(
    core: SessionCore, asked: Callable[[], Awaitable[Event]] | None = None
) -> None:
    """Forget the sound sent since the last commit; `asked` as for `commit`."""
    await _in_place(core)
    require_call(core.kind, "clear_input")
    await (asked() if asked else core.ask({"type": CLEAR}))


def at_once(core: SessionCore, kind: str) -> Callable[[], Awaitable[Event]] | None:
    """Send what has its place in the sound, before this returns; return what waits for the answer.

    None where that cannot be said yet. To be called on the session's loop.
    """
    if core.state not in ("open", "restoring") or core.kind == "translation":
        return None
    future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
    event_id = ""
    try:
        event_id = core.transmit({"type": kind}, answer=settle(future), refuse=fail(future))
    except RealtimeError as error:
        fail(future)(error)
    return lambda: core.wait_for(future, kind, event_id)


async def cancel(core: SessionCore) -> None:
    """Cancel the response in progress, and wait for its end; others at once go with it."""
    await core.ready()
    require_call(core.kind, "cancel")
    for other in core.conversation.open_response_ids:
        if other != core.sequencer.active:
            # A second response is against the protocol: nobody waits for its end.
            core.transmit({"type": "response.cancel", "response_id": other})
    if not core.sequencer.busy:
        return
    event: dict[str, Any] = {"type": "response.cancel"}
    # Asked for but not begun: the service takes events in order, so this still meets it.
    if core.sequencer.active is not None:
        event["response_id"] = core.sequencer.active
    future = _future()
    core.sequencer.when_done(core.sequencer.active, lambda: settle(future)(None))
    event_id = core.transmit(event, refuse=fail(future))
    try:
        await core.wait_for(future, "response.cancel")
    except ServerError as error:
        if error.code != _NOTHING_TO_CANCEL:
            raise
    finally:
        core.strike(event_id)


async def truncate(core: SessionCore, item_id: str, content_index: int, audio_end_ms: int) -> None:
    """Cut the sound of an item of the assistant."""
    await core.ready()
    require_call(core.kind, "truncate")
    event = {
        "type": "conversation.item.truncate",
        "item_id": item_id,
        "content_index": content_index,
        "audio_end_ms": max(0, int(audio_end_ms)),
    }
    try:
        await ask_to_cut(core, event)
    except ServerError as error:
        if not is_race(error):
            raise


async def send(core: SessionCore, event: AnyEvent) -> str:
    """Send any event; return its id."""
    await core.ready()
    return core.transmit(event)


async def _in_place(core: SessionCore) -> None:
    """Wait until the session is open; while it is restored what is sent waits behind the sound."""
    if core.state != "restoring":
        await core.ready()


def _future() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()
