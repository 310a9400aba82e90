"""A clip as the microphone: sent, ended as a turn, and waited for until it is answered.

A service does not say that it has heard all of what it was sent. So a turn that turn detection
ends is over when the clip and the silence behind it are sent, no speech is under way, what was
heard is answered, and all of that has been so for `SETTLE_S`.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from realtime_nb.client import calls
from realtime_nb.client.sound.feeding import Feeder
from realtime_nb.client.sound.heard import Heard
from realtime_nb.client.turns.turn_watch import TurnWatch
from realtime_nb.errors import CallTimeout, ServerError, UsageError, Vetoed
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from realtime_nb.audio.source import SoundSource
    from realtime_nb.client.core import SessionCore
    from realtime_nb.protocol.conversation.items import Item

Then: TypeAlias = Literal["auto", "commit", "silence", "nothing"]
"""How a clip's turn ends."""

SETTLE_S: Final = 0.6
NOBODY_S: Final = 2.0
"""How long a service may take to find speech in what it was sent last."""
LONGEST_SILENCE_S: Final = 10.0
"""The longest silence for a turn to end in; semantic turn detection may wait 8 s."""
BEGIN_S: Final = 30.0
"""How long an answer or a transcript may take to begin."""
_STEP_MS: Final = 200
_TRANSLATION_MS: Final = 3_000
_TRANSLATED_S: Final = 2.0  # without output: then the translation has caught up
_LATE_TRANSCRIPT_S: Final = 3.0
_NO_SOUND: Final = "input_audio_buffer_commit_empty"


async def listen(
    core: SessionCore,
    source: SoundSource,
    microphone: asyncio.Lock,
    *,
    realtime: bool,
    then: Then,
) -> Heard:
    """Have a session hear a clip; return what came of it.

    Parameters
    ----------
    core
        The session.
    source
        The clip; closed at the end.
    microphone
        Held while the clip is the microphone.
    realtime
        Whether it goes at the pace of speech, or as fast as the service takes it.
    then
        What ends the turn; see `RealtimeSession.listen`.

    Raises
    ------
    UsageError
        When the session's turn detection is off, and silence was to end the turn.
    ServerError, ResponseFailed, CallTimeout, ConnectionLost
        As the calls it stands for.
    """
    try:
        await core.ready()
        end = _end_of(core, then)
        async with microphone:
            return await _Listening(core, source, realtime=realtime).run(end)
    finally:
        source.close()


def _end_of(core: SessionCore, then: Then) -> Then:
    detects = bool(_turn_detection(core))
    if then == "auto":
        return "silence" if detects or core.kind == "translation" else "commit"
    if core.kind == "translation" and then == "commit":
        raise UsageError('a translation has no turns to commit; write then="silence"')
    if then == "silence" and not detects and core.kind != "translation":
        raise UsageError(
            'turn detection is off in this session, so silence ends no turn; write then="commit"'
        )
    return then


def _turn_detection(core: SessionCore) -> dict[str, Any]:
    audio = as_object((core.conversation.session or {}).get("audio"))
    return as_object(as_object(audio.get("input")).get("turn_detection"))


class _Listening:
    """One clip on its way; everything on the session's loop."""

    def __init__(self, core: SessionCore, source: SoundSource, *, realtime: bool) -> None:
        self._core = core
        self._realtime = realtime
        self._feeder = Feeder(core, source, realtime=realtime)
        self._clock = asyncio.get_running_loop().time
        self._watch = TurnWatch(core, self._clock)

    async def run(self, then: Then) -> Heard:
        unsubscribe = self._core.records.add(self._watch.take)
        off = self._core.states.add(lambda _state: self._watch.news.set())
        gate = self._core.gate
        unguard = gate.verdicts.add(self._watch.judged) if gate is not None else lambda: None
        try:
            await self._feeder.clip()
            self._watch.last_s = self._clock()
            if self._core.kind == "translation":
                await self._be_translated(then)
            elif then == "commit":
                await self._commit()
            elif then == "silence":
                await self._fall_silent()
            if then != "nothing":
                await self._transcribed()
        finally:
            unsubscribe()
            off()
            unguard()
            self._watch.over = True
        if self._watch.failure is not None:
            raise self._watch.failure
        return self._heard()

    # -- ways to end

    async def _commit(self) -> None:
        try:
            self._watch.items[await calls.commit(self._core)] = None
        except ServerError as error:
            # Turn detection may have committed all of it before.
            if error.code != _NO_SOUND or not self._watch.items:
                raise
            await self._answered()
            return
        if self._core.kind == "realtime":
            with contextlib.suppress(Vetoed):  # as of a turn that turn detection ends
                self._watch.add(await calls.respond(self._core, {}))

    async def _fall_silent(self) -> None:
        """Send silence until the turn ends in it, then wait for the answers."""
        if not self._realtime:
            wait = _turn_detection(self._core).get("silence_duration_ms")
            ms = float(wait) if isinstance(wait, int | float) else 0.0
            await self._feeder.silence(ms + 2 * _STEP_MS)
        await self._until_over()
        await self._answered()
        while self._watch.speaking:
            # Sent faster than heard: a later turn of the clip has only begun now.
            await self._until_over()
            await self._answered()

    async def _until_over(self) -> None:
        """Send silence until nobody speaks, and it is plain that nobody will."""
        watch = self._watch
        begun = self._clock()
        while (silent_s := self._clock() - begun) < LONGEST_SILENCE_S:
            # What ended in the clip's own silence needs no more of it.
            heard = not watch.speaking and (watch.items or silent_s > NOBODY_S)
            if heard and (watch.busy or self._quiet_s() > SETTLE_S):
                return
            await self._feeder.silence(_STEP_MS, realtime=True)
        raise CallTimeout(
            f"turn detection found no end of speech in {LONGEST_SILENCE_S:g} s of silence;"
            ' then="commit" ends the turn by hand'
        )

    async def _answered(self) -> None:
        """Wait until all that was heard is answered, or somebody speaks again."""
        watch = self._watch
        while watch.busy or self._quiet_s() < SETTLE_S:
            if watch.speaking:
                return
            if watch.unanswered and not watch.running and self._quiet_s() > BEGIN_S:
                raise CallTimeout(f"no answer to what was heard began within {BEGIN_S:g} s")
            await self._wait(SETTLE_S)

    async def _be_translated(self, then: Then) -> None:
        if then == "nothing":
            return
        # A translation moves on with the sound it is sent, and stays some seconds behind.
        await self._feeder.silence(_TRANSLATION_MS)
        begun = self._watch.output_s = self._clock()
        while self._clock() - self._watch.output_s < _TRANSLATED_S:
            if self._clock() - begun > LONGEST_SILENCE_S:
                break
            await self._feeder.silence(_STEP_MS, realtime=True)

    async def _transcribed(self) -> None:
        """Wait for the words: in a transcription they are the answer, else a courtesy."""
        is_answer = self._core.kind == "transcription"
        until = self._clock() + (BEGIN_S if is_answer else _LATE_TRANSCRIPT_S)
        while any(item.awaits_transcript for item in self._found(self._watch.items)):
            if self._clock() > until:
                if is_answer:
                    raise CallTimeout(f"no transcript of what was heard within {BEGIN_S:g} s")
                return
            await self._wait(_LATE_TRANSCRIPT_S)

    # -- helpers

    def _quiet_s(self) -> float:
        return self._clock() - self._watch.last_s

    async def _wait(self, seconds: float) -> None:
        """Wait for news, at most so long; raises when the session has ended."""
        self._watch.news.clear()
        await self._core.ready()
        try:
            async with asyncio.timeout(seconds):
                await self._watch.news.wait()
        except TimeoutError:
            return

    def _found(self, ids: dict[str, None]) -> tuple[Item, ...]:
        items = [self._core.conversation.item(item_id) for item_id in ids]
        return tuple(item for item in items if item is not None)

    def _heard(self) -> Heard:
        captions = self._found(self._watch.captions)
        return Heard(
            items=self._found(self._watch.items) + tuple(c for c in captions if c.role == "user"),
            responses=tuple(self._watch.responses),
            sent_ms=self._feeder.sent_ms,
            translation=tuple(c for c in captions if c.role == "assistant"),
        )
