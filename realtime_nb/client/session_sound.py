"""Sound into a session: from a microphone, from a clip, and from a call that runs elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from realtime_nb.audio.source import SoundSource
from realtime_nb.client import calls
from realtime_nb.client.sound.listening import Then, listen
from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

    from realtime_nb.audio.source import Sound
    from realtime_nb.client.core import SessionCore
    from realtime_nb.client.loop import BackgroundLoop, Call
    from realtime_nb.client.sound.heard import Heard
    from realtime_nb.client.sound_order import SoundOrder

T = TypeVar("T")


class HasSound:
    """The part of a session that hears."""

    _core: SessionCore
    _order: SoundOrder
    _microphone: asyncio.Lock

    def _call(self, coroutine: Coroutine[Any, Any, T], name: str) -> Call[T]:
        raise NotImplementedError

    def _running_loop(self) -> BackgroundLoop:
        raise NotImplementedError

    def append_audio(self, pcm: bytes) -> bool:
        """Send sound; never waits. A thread's sound stays behind its commits, and before them.

        Parameters
        ----------
        pcm
            Raw bytes in the session's input format: by default PCM16, little endian, mono,
            24 kHz; at most 15 MiB as base64.

        Returns
        -------
        bool
            False when it was dropped, and counted in `dropped_audio_bytes`, because the
            session is not open, its budget is spent, or more than 2 MiB wait already. While the
            session is restored, the last 30 s are kept.

        Raises
        ------
        UsageError
            When the sound of this session runs on a call, see `record`.
        """
        self._require_sound("append_audio")
        outbox = self._core.outbox
        if self._core.state not in ("open", "restoring") or self._core.budget.spent:
            outbox.drop(pcm)
            return False
        loop = self._running_loop()
        if self._order.busy and not loop.runs_here:
            if self._order.post(loop, lambda: self._put_behind(pcm), len(pcm)):
                return True
            outbox.drop(pcm)
            return False
        if not outbox.put_audio(pcm):
            return False
        return not outbox.ring() or loop.post(self._core.flush)

    def _put_behind(self, pcm: bytes) -> None:
        """Put sound behind a commit that was on its way; on the loop."""
        if self._core.ended:
            self._core.outbox.drop(pcm)
        elif self._core.outbox.put_audio(pcm):
            self._core.flush()

    def listen(self, source: Sound, *, realtime: bool = True, then: Then = "auto") -> Call[Heard]:
        """Hear a clip as if it came from a microphone, and have it answered.

        Clips are heard one after the other. A WAV file is read while it is sent.

        Parameters
        ----------
        source
            As for `AudioClip.read`: a WAV file's path, a clip, ``(samples, rate)``, … Any
            rate, width and number of channels: it is mixed to one and resampled.
        realtime
            Whether it goes at the pace of speech; else as fast as the service takes it. Then
            what is said in a later turn interrupts the answer to an earlier one.
        then
            What ends the turn. ``"silence"`` follows the clip, until turn detection has found
            its end. ``"commit"`` ends it by hand; in a conversation an answer is asked for.
            ``"nothing"``: the sound is sent, and that is all. ``"auto"`` is silence where turn
            detection is on, else commit.

        Returns
        -------
        Call
            Of what was `Heard`, when all of it is answered (in a transcription or translation
            session: when its words are here). It fails with `ResponseFailed` when an answer
            failed. Cancelling it sends no more of the clip.

        Raises
        ------
        UsageError
            At once, for what is no sound or holds none, and when the session's sound runs on a
            call.
        """
        self._require_sound("listen")
        if then not in get_args(Then):
            raise UsageError(f"then={then!r}: write one of {', '.join(map(repr, get_args(Then)))}")
        opened = SoundSource.open(source)
        heard = listen(self._core, opened, self._microphone, realtime=realtime, then=then)
        return self._call(heard, "listen")

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> Call[None]:
        """Tell the service how much of an answer was heard.

        Parameters
        ----------
        item_id, content_index
            The item of the assistant and the part of it that was cut off.
        audio_end_ms
            How much of it was heard, in milliseconds.

        Returns
        -------
        Call
            It does not fail for the races that are normal here: the item is unknown, is
            shorter already, or has no sound yet.

        Raises
        ------
        UsageError
            When the sound runs on a call: there the service knows what was played.
        """
        self._require_sound("truncate")
        return self._call(
            calls.truncate(self._core, item_id, content_index, audio_end_ms), "truncate"
        )

    def record(self, side: Literal["input", "output"], pcm: bytes, t_ms: float) -> None:
        """Keep sound of a call as a page heard it; may be called from any thread.

        It goes into the recording and nowhere else: nothing is sent or logged.

        Parameters
        ----------
        side
            ``"input"`` for the microphone, ``"output"`` for what the service said.
        pcm
            PCM16, little endian, mono, 24 kHz; without gaps to the piece before where `t_ms`
            says so within 200 ms.
        t_ms
            The time of its first sample on the session's clock, in milliseconds.
        """
        self._core.log.record_sound(side, pcm, t_ms)

    def _require_sound(self, what: str) -> None:
        transport = self._core.transport
        if not transport.carries_audio:
            raise UsageError(
                f"{what}() is not for a call ({transport.name}): its sound runs on the call"
                " itself, not through this session"
            )
