"""`AudioChat`: a conversation with a chat-completions model, in sound and in text.

::

    chat = AudioChat("openai", voice="marin")
    answer = await chat.ask("Is a golden retriever a good family dog?")
    answer.clip, answer.transcript
    await chat.ask("And a beagle?", stream=True)
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Literal

from realtime_nb.client.loop import BackgroundLoop
from realtime_nb.client.rest.chat_functions import Functions
from realtime_nb.client.rest.chat_gathered import Manner
from realtime_nb.client.rest.chat_question import STOPPED, Question
from realtime_nb.client.rest.chat_sound import Sound, encode_sounds, read_sounds, told_left_out
from realtime_nb.client.rest.chat_turn import Learned, Turn, tool_entry
from realtime_nb.client.rest.notices import Notice, tell
from realtime_nb.client.rest.progress import Progress
from realtime_nb.client.rest.resolve import rest_endpoint
from realtime_nb.client.rest.service import RestService
from realtime_nb.errors import UsageError
from realtime_nb.protocol.audio_api.answer import AudioAnswer
from realtime_nb.protocol.audio_api.completion import (
    ENCODINGS,
    LARGEST_SOUND,
    check_format,
    user_message,
)
from realtime_nb.protocol.audio_api.completion_usage import add_usage
from realtime_nb.protocol.audio_api.thread import Entry, History, within

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.loop import Call
    from realtime_nb.client.rest.chat_functions import Tool

__all__ = ["AudioAnswer", "AudioChat", "Notice", "Progress"]


class AudioChat:
    """A conversation over REST, which remembers what was said.

    Sound of earlier answers goes back by its id, and as its transcript once that has expired.

    Parameters
    ----------
    endpoint
        A name, a URL or an endpoint; see `rest_endpoint`. None takes OpenAI where there is a
        key, and the local practice server otherwise.
    model
        Name of the model; None for the endpoint's own.
    system
        What the model is told beforehand.
    voice
        A voice's name, or ``{"id": …}`` of a custom one.
    format
        What the sound of an answer comes as: wav, mp3, flac, opus, aac or pcm16. A stream is
        pcm16 on the wire, and made into this here.
    tools
        Functions the model may call, sync or async, which are then run and answered; and
        mere definitions, whose calls are left in `AudioAnswer.tool_calls`.
    text_only
        Whether answers are to be without sound.
    name
        What to call the answer before people.
    timeout_s
        How long the service may be silent, in seconds.
    max_retries
        How often a request is made again after 429, 5xx or no answer.
    clock
        Gives the time in seconds since 1970, which ids expire by.

    Raises
    ------
    EndpointError
        When there is no such endpoint, or no key for it.
    UsageError
        For a format that is none, or a tool that could not be called.
    """

    def __init__(  # noqa: PLR0913 -- each is named by those who give it
        self,
        endpoint: str | Endpoint | None = None,
        *,
        model: str | None = None,
        system: str = "",
        voice: str | Mapping[str, Any] = "alloy",
        format: str = "wav",  # noqa: A002 -- the wire's own name
        tools: Sequence[Tool | str] = (),
        text_only: bool = False,
        name: str = "answer",
        timeout_s: float = 600.0,
        max_retries: int = 2,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.system = system
        self.voice = voice
        self.format = check_format(format)
        self.text_only = text_only
        self.name = name
        self.functions = Functions(tools)
        self.endpoint = rest_endpoint(endpoint, model, kind="audio_chat")
        self.answer: AudioAnswer | None = None
        self.usage: dict[str, Any] | None = None
        self.cost: float | None = 0.0
        self._timeout_s = timeout_s
        self._max_retries = max_retries
        self._clock = clock
        self._turns = 0
        self._entries: list[Entry] = []
        self._learned = Learned()
        self._waiting: list[dict[str, Any]] = []
        self._turn_lock: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        self._questions: list[Question] = []

    @property
    def history(self) -> History:
        """What was said so far."""
        return History(self._entries)

    def reset(self) -> None:
        """Forget what was said, and is being answered; the totals of usage and cost stay."""
        for question in list(self._questions):
            question.forgotten = True
        self._entries, self._waiting = [], []

    def ask(  # noqa: PLR0913 -- each is named by those who give it
        self,
        prompt: str = "",
        *clips: Sound,
        stream: bool = False,
        encode: Literal["wav", "mp3"] = "wav",
        outputs: Mapping[str, str] | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
        **overrides: Any,
    ) -> Call[AudioAnswer]:
        """Ask, and go on with the conversation; one question is answered at a time.

        Cancelling the call closes the connection at once; `stop` does, and has it end with
        what came. An answer that breaks off is returned with `partial` set.

        Parameters
        ----------
        prompt
            What to say in text.
        clips
            What to say in sound: clips, files or their bytes.
        stream
            Whether the answer is to come in pieces.
        encode
            What the clips are sent as.
        outputs
            What the calls in the last answer's `tool_calls` gave, by their ids.
        on_progress
            Called with a `Progress`, on the background loop, at most twenty times a second.
        on_notice
            Called there with a `Notice`: of a retry, a function called, a transcript sent
            in place of sound.
        overrides
            Further fields of the request, such as ``temperature``; and ``voice``, ``format``,
            ``system`` and ``text_only`` for this question alone.

        Returns
        -------
        Call
            Gives the `AudioAnswer`; fails with a `RealtimeError` when nothing came.

        Raises
        ------
        UsageError
            When there is nothing to ask, or too much sound; for a format that is none.
        """
        check_format(encode, ENCODINGS)
        if not (prompt.strip() or clips or outputs):
            raise UsageError("there is nothing to ask: write a prompt, or attach sound")
        sounds = read_sounds(clips, encode)

        def said() -> tuple[list[Entry], list[Entry]]:
            now = self._outputs(outputs or {}, on_notice)
            if prompt.strip() or sounds:
                message = user_message(prompt, encode_sounds(sounds, encode, question.ended.is_set))
                seconds = sum(sound.duration_ms for sound in sounds) / 1000
                now.append(Entry(role="user", text=prompt, message=message, seconds=seconds))
            return self._before(now, on_notice), now

        service = RestService(
            self.endpoint,
            timeout_s=self._timeout_s,
            max_retries=self._max_retries,
            on_notice=on_notice,
        )
        turn = Turn(
            service,
            self.functions,
            self._manner(stream, overrides),
            learned=self._learned,
            clock=self._clock,
            on_progress=on_progress,
            on_notice=on_notice,
        )
        question = Question(turn, said)
        self._questions.append(question)
        call = BackgroundLoop.shared().call(self._take(question), "ask")
        call.add_done_callback(lambda _: self._questions.remove(question))
        return call

    def stop(self) -> bool:
        """Have what is under way end with what came of its answer; False if nothing is.

        The connection is closed at once; the call then returns a partial answer.
        """
        ends = [BackgroundLoop.shared().post(question.stop) for question in list(self._questions)]
        return any(ends)

    async def _take(self, question: Question) -> AudioAnswer:
        gathered, manner = question.turn.gathered, question.turn.manner
        async with self._lock():
            try:
                stopped = await question.run()
            except asyncio.CancelledError:
                self._keep(question, gathered.answer(self.endpoint, manner, STOPPED))
                raise
            answer = gathered.answer(self.endpoint, manner, stopped)
            if answer.data:
                # Decoded once, and not on the loop that carries other conversations.
                await asyncio.to_thread(getattr, answer, "clip")
            return self._keep(question, answer)

    def _keep(self, question: Question, answer: AudioAnswer) -> AudioAnswer:
        """Add a turn to the conversation, unless that was reset meanwhile."""
        gathered = question.turn.gathered
        self.answer = answer
        if not question.forgotten and (kept := gathered.kept(answer)):
            self._entries += kept
            self._waiting = answer.tool_calls
        if gathered.replies:
            self.usage = add_usage(self.usage, answer.usage) if self._turns else answer.usage
            self._turns += 1
            known = self.cost is not None and answer.cost is not None
            self.cost = (self.cost or 0.0) + (answer.cost or 0.0) if known else None
        return answer

    def _manner(self, stream: bool, overrides: dict[str, Any]) -> Manner:  # noqa: FBT001 -- as asked
        return Manner(
            system=overrides.pop("system", self.system),
            voice=overrides.pop("voice", self.voice),
            format=check_format(overrides.pop("format", self.format)),
            text_only=overrides.pop("text_only", self.text_only),
            stream=stream,
            overrides=overrides,
        )

    def _before(
        self, now: Sequence[Entry], on_notice: Callable[[Notice], object] | None
    ) -> list[Entry]:
        """Return what was said before, with as much of its sound as fits into one request."""
        room = LARGEST_SOUND * 4 // 3 - sum(entry.sound_size for entry in now)
        fitting, left_out = within(entries := self._entries, room)
        if self._entries is entries:  # and not reset meanwhile
            self._entries = fitting
        if left_out:
            tell(on_notice, Notice("note", told_left_out(left_out, LARGEST_SOUND)))
        return fitting

    def _outputs(
        self, outputs: Mapping[str, str], on_notice: Callable[[Notice], object] | None
    ) -> list[Entry]:
        """Return the outputs of calls that wait for theirs; a call without one is refused."""
        ids = [str(call["id"]) for call in self._waiting]
        strange = [name for name in outputs if name not in ids]
        if strange:
            raise UsageError(
                f"no call waits under {strange[0][:80]!r}; there are: {', '.join(ids) or 'none'}"
            )
        missing = [call["function"]["name"] for call in self._waiting if call["id"] not in outputs]
        if missing:
            tell(on_notice, Notice("note", f"no output was given for {', '.join(missing)}"))
        return [tool_entry(name, outputs.get(name, "no output was given")) for name in ids]

    def _lock(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if self._turn_lock is None or self._turn_lock[0] is not loop:
            self._turn_lock = loop, asyncio.Lock()
        return self._turn_lock[1]

    def __repr__(self) -> str:
        return (
            f"<AudioChat with {self.endpoint.model} at {self.endpoint.name},"
            f" {len(self._entries)} messages>"
        )
