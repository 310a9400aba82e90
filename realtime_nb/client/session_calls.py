"""What can be asked of a session from any thread."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypeVar

from realtime_nb.client import calls
from realtime_nb.client.outbox import CLEAR, COMMIT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

    from realtime_nb.client.core import SessionCore
    from realtime_nb.client.loop import BackgroundLoop, Call
    from realtime_nb.client.outgoing import AnyEvent
    from realtime_nb.client.sound_order import SoundOrder
    from realtime_nb.client.turns.response import Response
    from realtime_nb.protocol.events import Event

T = TypeVar("T")


class HasCalls:
    """The part of a session that asks its service; each returns a `Call` at once."""

    _core: SessionCore
    _order: SoundOrder

    def _call(self, coroutine: Coroutine[Any, Any, T], name: str) -> Call[T]:
        raise NotImplementedError

    def _running_loop(self) -> BackgroundLoop:
        raise NotImplementedError

    def _at_once(self, kind: str) -> Callable[[], Awaitable[Event]] | None:
        """Send what may not be overtaken by the sound behind it."""
        core, loop = self._core, self._running_loop()
        if loop.runs_here:
            return calls.at_once(core, kind)
        placed: list[Callable[[], Awaitable[Event]] | None] = []
        self._order.post(loop, lambda: placed.append(calls.at_once(core, kind)))

        def answered() -> Awaitable[Event]:
            # Asked on the loop, where it has been sent by then.
            waits = placed[0] if placed else None
            return waits() if waits is not None else core.ask({"type": kind})

        return answered

    def update(self, config: Mapping[str, Any], *, event_id: str = "") -> Call[dict[str, Any]]:
        """Change the session: only the fields given, objects merged by the service.

        Parameters
        ----------
        config
            The fields.
        event_id
            What the event is to be called in the log; ``""`` for any name.

        Returns
        -------
        Call
            Of the session object in force afterwards. It fails with `ServerError`, with
            the field's name in `param`, when the service refuses; then nothing changed.
        """
        return self._call(calls.update(self._core, deepcopy(dict(config)), event_id), "update")

    def say(self, text: str) -> Call[Response]:
        """Add a message of the user, and have it answered when no response is active.

        Returns
        -------
        Call
            Of the `Response`; it fails with `ResponseFailed` when that failed. Where a
            `follower` knows that others follow, as in a chat whose tools run: of the last of
            them.
        """
        return self._call(calls.say(self._core, text), "say")

    def create_item(self, item: Mapping[str, Any]) -> Call[str]:
        """Add an item to the conversation, with an id where it has none; nothing answers it.

        Parameters
        ----------
        item
            A message, function call or output in the service's shape.

        Returns
        -------
        Call
            Of the item's id, when the service has it. It fails with `ServerError` when the
            service refuses it.
        """
        return self._call(calls.create_item(self._core, deepcopy(dict(item))), "create_item")

    def respond(self, **overrides: Any) -> Call[Response]:
        """Have a response made when no other is active.

        Parameters
        ----------
        **overrides
            Fields for this response only: ``instructions``, ``output_modalities``,
            ``tools``, … With ``conversation="none"`` it is out of band and does not wait.

        Returns
        -------
        Call
            Of the `Response`, as for `say`; it fails with `ResponseFailed` when that failed.
        """
        return self._call(calls.respond(self._core, deepcopy(overrides)), "respond")

    def respond_if(self, wanted: Callable[[], bool], **overrides: Any) -> Call[Response | None]:
        """Have a response made when no other is active, if that is wanted still by then.

        Parameters
        ----------
        wanted
            Asked on the session's thread each time before the request is sent.
        **overrides
            As for `respond`.

        Returns
        -------
        Call
            Of the `Response`; of None when it was not wanted any more.
        """
        return self._call(calls.respond_if(self._core, wanted, overrides), "respond_if")

    def commit(self) -> Call[str]:
        """Make an item of the sound sent so far; the call gives its id.

        No response is made by it. It fails with `ServerError` below 100 ms of sound.
        """
        return self._call(calls.commit(self._core, self._at_once(COMMIT)), "commit")

    def clear_input(self) -> Call[None]:
        """Have the service forget the sound sent since the last commit."""
        asked = self._at_once(CLEAR)
        return self._call(calls.clear_input(self._core, asked), "clear_input")

    def cancel(self) -> Call[None]:
        """Cancel the response in progress; the call ends when that has ended.

        Nothing happens when there is none. Requests that wait for their turn go on.
        """
        return self._call(calls.cancel(self._core), "cancel")

    def send(self, event: AnyEvent) -> Call[str]:
        """Send any event as it is, with an ``event_id`` where it has none.

        Returns
        -------
        Call
            Of the ``event_id``, when the event is on its way; what the service answers
            comes as events.
        """
        return self._call(calls.send(self._core, deepcopy(event)), "send")
