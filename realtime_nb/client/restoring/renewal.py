"""A session is renewed before its time is up, at a moment when nobody would notice.

A service ends a session after an hour. From some minutes before that on, a quiet moment is
looked for: nothing is being said, answered, played, called or transcribed. Then the next
connection is opened, and when it is there and all is quiet still, the talk moves over. Where no
moment is quiet the service ends the session, and it is restored as after a drop.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from realtime_nb.client.kinds import finds_turns
from realtime_nb.client.restoring.owed import owes_answer
from realtime_nb.protocol.told import told_ms

if TYPE_CHECKING:
    from realtime_nb.client.core import SessionCore
    from realtime_nb.protocol.events import Event

_AGAIN_S: Final = 15.0  # after a dial that failed
_LOOKED_AT: Final = 40  # items, records: what is older is over
_TRANSLATED_MS: Final = 3_000.0  # without output, a translation has caught up
_PLAYER_MS: Final = 500.0  # what a page may be behind
_A_LITTLE_MS: Final = 100.0  # less no service takes for a turn
_DAY_S: Final = 24 * 60 * 60.0


class Renewal:
    """Renews one session; everything on the session's loop.

    Parameters
    ----------
    core
        The session.
    """

    def __init__(self, core: SessionCore) -> None:
        self._core = core
        self._task: asyncio.Task[None] | None = None
        self._is_open = False
        core.states.add(self._moved)

    def stop(self) -> None:
        """Renew no more."""
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    def _moved(self, state: str) -> None:
        was_open, self._is_open = self._is_open, state == "open"
        if self._is_open and not was_open and self._core.restores:
            self.stop()
            self._task = asyncio.create_task(self._watch(), name="realtime_nb renewal")
        elif not self._is_open:
            self.stop()

    def _life_s(self) -> float:
        """Return how long the session has to live, in seconds."""
        policy = self._core.policy
        end_s = (self._core.conversation.session or {}).get("expires_at")
        if isinstance(end_s, int | float) and not isinstance(end_s, bool):
            left_s = float(end_s) - policy.wall_s() if abs(end_s) < 2**53 else -1.0
            # A clock that is wrong, or no end at all, is told apart from one that is near.
            if 0 < left_s < _DAY_S:
                return left_s
        return policy.session_s

    async def _watch(self) -> None:
        core, policy = self._core, self._core.policy
        loop = asyncio.get_running_loop()
        life_s = self._life_s()
        # A short session has its quiet looked for from its middle on.
        await asyncio.sleep(max(life_s - policy.renew_s, life_s / 2))
        while core.state == "open":
            if self.quiet():
                began_s = loop.time()
                if await self._renewed():
                    return
                await asyncio.sleep(max(policy.look_s, _AGAIN_S - (loop.time() - began_s)))
            else:
                await asyncio.sleep(policy.look_s)

    async def _renewed(self) -> bool:
        core = self._core
        try:
            wire = await core.dial(core.restoring.wanted)
        except Exception:  # noqa: BLE001 -- there is time yet, and the session is open
            return False
        if core.state != "open" or not self.quiet():
            wire.abort()
            return False
        minutes = core.policy.session_s / 60
        core.restoring.begin(
            "renewal", None, f"the service ends a session after {minutes:.3g} min", wire
        )
        return True

    # -- quiet

    def quiet(self) -> bool:
        """Return whether a change of sessions would be noticed by nobody."""
        core = self._core
        if core.state != "open" or len(core.ledger) or len(core.outbox):
            return False
        if core.sequencer.busy or core.sequencer.owes or core.conversation.open_response_ids:
            return False
        if core.held.speaking or owes_answer(core):
            return False
        if core.open_calls is not None and core.open_calls():
            return False
        return not (self._by_hand() or self._to_come() or self._translates())

    def _by_hand(self) -> bool:
        """Return whether somebody is about to end a turn by hand."""
        core = self._core
        if finds_turns(core.conversation.session) or core.kind == "translation":
            return False
        return core.held.uncommitted_ms > _A_LITTLE_MS

    def _to_come(self) -> bool:
        """Return whether words are to come, or an answer is still being played."""
        now_ms = self._core.now_ms()
        for item in self._core.conversation.items[-_LOOKED_AT:]:
            if item.awaits_transcript:
                return True
            long_ms = item.audio_ms if item.truncated_ms is None else item.truncated_ms
            playing = item.role == "assistant" and long_ms > 0
            if playing and item.started_ms + long_ms + _PLAYER_MS > now_ms:
                return True
        return False

    def _translates(self) -> bool:
        if self._core.kind != "translation":
            return False
        now_ms = self._core.now_ms()
        for seen, record in enumerate(reversed(self._core.log)):
            if seen > _LOOKED_AT or now_ms - record.t_ms > _TRANSLATED_MS:
                return False
            if record.direction == "received" and _is_output(record.event):
                return True
        return False


def _is_output(event: Event) -> bool:
    return event.type.endswith(".delta") and told_ms(event, "elapsed_ms") is not None
