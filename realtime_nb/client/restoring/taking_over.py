"""What one session of the service leaves to the next: config, talk, sound and open questions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.futures import fail, settle
from realtime_nb.client.kinds import finds_turns, update_of
from realtime_nb.client.outbox import COMMIT
from realtime_nb.client.outgoing import prepare
from realtime_nb.client.restoring.carrying import history_of
from realtime_nb.client.restoring.copies import CopyLedger
from realtime_nb.client.restoring.held_sound import Mark
from realtime_nb.client.restoring.owed import owes_answer
from realtime_nb.errors import AnswerCut, CallTimeout, ConnectionFailed, ConnectionLost, ServerError
from realtime_nb.protocol.conversation.carry import Carried
from realtime_nb.protocol.conversation.items import bytes_per_ms
from realtime_nb.protocol.ids import new_id
from realtime_nb.protocol.restored.restored import Restored, restored_event, successor_event
from realtime_nb.protocol.session_sound import audio_format
from realtime_nb.protocol.told import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.core import SessionCore
    from realtime_nb.client.outbox import Entry as Waiting
    from realtime_nb.client.transport.open_connection import Connection
    from realtime_nb.client.transport.transports import AnyWire
    from realtime_nb.client.turns.ledger import Entry
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.restored.restored import Reason

_FRAME_MS: Final = 200


class TakingOver:
    """One loss of a session's connection; everything on the session's loop.

    Parameters
    ----------
    core
        The session.
    reason
        Why the connection is gone.
    since_s
        When it was lost, on the loop's clock, in seconds.
    first
        The config that was asked for first, where none was in force yet: what a session tells
        that has only just begun are its defaults.

    Attributes
    ----------
    refusal
        Why the service did not take that one; None where it did, or another was in force.
    """

    def __init__(
        self, core: SessionCore, reason: Reason, since_s: float, first: Mapping[str, Any]
    ) -> None:
        self._core = core
        self._reason: Reason = reason
        self._since_s = since_s
        self.refusal: ServerError | None = None
        effective = core.conversation.session
        self._is_first = effective is None or (core.is_opening and bool(first))
        told = {} if effective is None else core.asked.complete(effective)
        self._config = dict(first) if self._is_first else told
        self._session = effective
        self._per_ms = bytes_per_ms(audio_format(effective, "input"))
        self._dropped = core.outbox.dropped_audio_bytes
        self._again: list[Entry] = []
        self._owed = False
        self._history = Carried(())
        self._refused: list[str] = []
        self._place_ms = self._resent_ms = 0.0

    def sort(self, cut: str, again: str) -> None:
        """Sort what was under way; see `realtime_nb.client.restoring.restoring`.

        Parameters
        ----------
        cut, again
            What is told of an answer that had begun, and of what was sent a second time.
        """
        core = self._core
        self._take_back()
        unsent = core.outbox.event_ids()
        core.asked.forget_waiting()
        core.sequencer.suspend(lambda: AnswerCut(cut), unsent, self._has_come)
        self._again = core.ledger.unanswered(lambda: ConnectionLost(again), unsent)
        self._owed = owes_answer(core)
        core.owed.forget()
        core.outbox.hold(round(core.policy.held_s * 1000 * self._per_ms))
        core.replies = CopyLedger()

    def _take_back(self) -> None:
        """Take back what was to go out again, and has not: its sound is held as it was."""
        core = self._core
        left = core.outbox.take_back()
        events = {str(one.event.event_id) for one in left if not isinstance(one, bytes)}
        core.ledger.not_sent(events)
        place_ms = core.conversation.input_audio_ms - core.conversation.clock.again_ms
        for one in left:
            if isinstance(one, bytes):
                core.held.not_sent()
                place_ms += len(one) / self._per_ms
            else:
                core.held.asked(one.event, place_ms)

    def _has_come(self, response_id: str) -> bool:
        """Return whether anything of a response is in the conversation."""
        return any(
            one.response_id == response_id
            and (one.text or one.audio_ms or (one.type != "message" and one.status == "completed"))
            for one in self._core.conversation.items
        )

    # -- one try

    async def attempt(self, tries: int, wire: AnyWire) -> Connection:
        """Give a new connection the config and the talk; return it.

        Raises
        ------
        RealtimeError
            When that fails.
        """
        core = self._core
        self._plan()
        core.mark(
            successor_event(
                tries,
                items=[str(item["id"]) for item in self._history.items],
                audio_ms=self._place_ms,
                resent_ms=self._resent_ms,
            )
        )
        core.replies = CopyLedger()
        connection = core.attach(wire)
        await core.greeted()
        await self._configure(connection)
        await self._tell(connection)
        return connection

    def _plan(self) -> None:
        """Settle which sound goes out again, and what of the talk is told."""
        core, policy = self._core, self._core.policy
        held = core.held
        self._place_ms = held.end_ms
        away_s = asyncio.get_running_loop().time() - self._since_s
        if away_s > policy.held_s:
            # Nobody wants minutes of old sound answered, or a half second of an old turn.
            core.outbox.drop_turns()
            core.outbox.keep_newest(round(policy.tail_ms * self._per_ms))
        else:
            waiting_ms = core.outbox.audio_bytes / self._per_ms
            self._place_ms = held.place_ms(
                detects=finds_turns(self._session),
                by_hand=self._ended_by_hand(),
                room_ms=policy.held_s * 1000 - waiting_ms,
            )
        self._resent_ms = held.end_ms - self._place_ms
        core.ledger.refuse(core.outbox.emptied(), self._not_committed)
        if core.kind == "realtime":
            calls = None if core.open_calls is None else core.open_calls()
            self._history = history_of(core.conversation, core.log, held, calls)

    def _ended_by_hand(self) -> bool:
        return not finds_turns(self._session) and self._core.kind != "translation"

    def _not_committed(self) -> ConnectionLost:
        return ConnectionLost(self._core.policy.not_committed)

    async def _configure(self, connection: Connection) -> None:
        core = self._core
        try:
            await self._ask_for(connection, self._config)
        except ServerError as error:
            # A service may tell more than it takes; what was asked for once, it took.
            taken = core.asked.taken
            if self._is_first or not taken or taken == self._config:
                self._refuse(error)
                return
        else:
            return
        try:
            await self._ask_for(connection, taken)
        except ServerError as error:
            self._refuse(error)

    def _refuse(self, error: ServerError) -> None:
        if not self._is_first:
            raise ConnectionFailed(
                f"the new session was refused what was in force: {error}", final=True
            ) from None
        self.refusal = error

    async def _ask_for(self, connection: Connection, config: Mapping[str, Any]) -> None:
        event = update_of(config, self._core.kind)
        if config and event["session"]:
            named = {"type": event["type"], "event_id": new_id("event"), **event}
            self._core.asked.sent(named)
            await self._answered([await self._post(connection, named)])

    async def _tell(self, connection: Connection) -> None:
        asked = {
            str(item["id"]): await self._post(
                connection,
                {
                    "type": "conversation.item.create",
                    "event_id": new_id("event"),
                    "item": item,
                },
            )
            for item in self._history.items
        }
        self._refused = []
        for item_id, future in asked.items():
            try:
                await self._answered([future])
            except ServerError:
                self._refused.append(item_id)

    async def _post(self, connection: Connection, event: dict[str, Any]) -> asyncio.Future[Event]:
        core = self._core
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        # Looked at: a try that fails leaves the answers to others behind.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        await connection.drained()
        core.replies.enter(event, settle(future), fail(future))
        core.show(connection.post(prepare(event)))
        return future

    async def _answered(self, futures: list[asyncio.Future[Event]]) -> None:
        for future in futures:
            await asyncio.wait([future], timeout=self._core.reply_timeout)
            if not future.done():
                raise CallTimeout(
                    f"{self._core.endpoint.name} did not take over the talk within"
                    f" {self._core.reply_timeout:g} s"
                )
            future.result()

    # -- and on

    def go_on(self, connection: Connection, tries: int) -> None:
        """Send what waits, in its order, on a connection that has all the rest."""
        core, loop = self._core, asyncio.get_running_loop()
        first = self._first()
        dropped = core.outbox.dropped_audio_bytes - self._dropped
        unkept = dropped > 0 or self._place_ms > core.held.committed_ms
        core.held.began(self._place_ms, incomplete=unkept and self._ended_by_hand())
        core.replies = core.ledger
        by_hand = any(entry.kind == "response.create" for entry in self._again)
        told = Restored(
            reason=self._reason,
            away_ms=(loop.time() - self._since_s) * 1000,
            tries=tries,
            carried=len(self._history.items) - len(self._refused),
            lost=self._history.lost,
            refused=tuple(self._refused),
            resent_ms=self._resent_ms,
            dropped_ms=dropped / self._per_ms,
            asked_again=self._owed or by_hand or core.sequencer.again,
            session_id=as_text((core.conversation.session or {}).get("id")),
        )
        core.outbox.let_go(first)
        said = core.outbox.audio_bytes > 0
        core.mark(restored_event(told))
        if core.ended:
            return  # a listener has closed it
        core.back(connection)
        core.flush()
        core.sequencer.resume()
        if self._owed:
            core.owed.await_it(core.policy.listen_s if said else 0.0)

    def _first(self) -> list[Waiting]:
        """Return what goes out before all that waits: sound, commits in their places, the rest."""
        entries = {entry.event_id: entry for entry in self._again}
        frames: list[Waiting] = []
        size = max(1, round(_FRAME_MS * self._per_ms))
        sound = b""
        said_ms = self._core.held.committed_ms
        for one in self._core.held.since(self._place_ms):
            if isinstance(one, Mark):
                entry = entries.pop(one.event_id, None)
                if one.place_ms > said_ms and not sound and one.kind == COMMIT and entry:
                    self._core.ledger.refuse({entry.event_id}, self._not_committed)
                    entry = None
                frames += [*_cut(sound, size), *_prepared(entry)]
                sound, said_ms = b"", one.place_ms
            else:
                sound += one
        frames += _cut(sound, size)
        for entry in entries.values():
            frames += _prepared(entry)
        return frames


def _cut(sound: bytes, size: int) -> list[bytes]:
    size += size % 2
    return [sound[at : at + size] for at in range(0, len(sound), size)]


def _prepared(entry: Entry | None) -> list[Waiting]:
    return [] if entry is None else [prepare(entry.event)]
