"""One question of a conversation over REST, and all it takes to answer it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.audio.spool import PcmSpool
from realtime_nb.client.rest.chat_reply import Reply
from realtime_nb.client.rest.notices import Notice, tell
from realtime_nb.errors import RequestRefused
from realtime_nb.protocol.audio_api.answer import AudioAnswer, ToolRun
from realtime_nb.protocol.audio_api.completion import RATE, STREAM_FORMAT, completion_request
from realtime_nb.protocol.audio_api.completion_usage import add_usage, chat_price
from realtime_nb.protocol.audio_api.thread import Entry, assistant_entry, past

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from realtime_nb.client.rest.chat_functions import Functions
    from realtime_nb.client.rest.progress import Progress
    from realtime_nb.client.rest.service import RestService
    from realtime_nb.protocol.cost import Price

MAX_ROUNDS: Final = 8
"""How often a model may call functions before it answers."""

_UNKNOWN_ID_STATUSES: Final = (400, 404)
_NEEDS_STREAM: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a question is asked.

    Attributes
    ----------
    system
        The system's message; ``""`` for none.
    voice
        The voice, or ``{"id": …}``.
    format
        What the sound is wanted as.
    text_only
        Whether no sound is wanted.
    stream
        Whether the answer is to come in pieces.
    overrides
        Further fields of the request.
    """

    system: str = ""
    voice: str | Mapping[str, Any] = "alloy"
    format: str = "wav"
    text_only: bool = False
    stream: bool = False
    overrides: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Turn:
    """A question, its requests, the functions called on the way, and the answer.

    Parameters
    ----------
    service
        Who is asked.
    functions
        What the model may call.
    manner
        How it is asked.
    before
        What was said before.
    unknown
        Ids of sound that the service does not know any more; more may be added here.
    clock
        Gives the time in seconds since 1970, which ids expire by.
    on_progress, on_notice
        Told how far it is, and what was done otherwise than asked.
    """

    def __init__(  # noqa: PLR0913 -- each is of another kind
        self,
        service: RestService,
        functions: Functions,
        manner: Manner,
        *,
        before: Sequence[Entry],
        unknown: set[str],
        clock: Callable[[], float],
        on_progress: Callable[[Progress], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
    ) -> None:
        self._service = service
        self._functions = functions
        self._manner = manner
        self._stream = manner.stream
        self._before = before
        self._unknown = unknown
        self._clock = clock
        self._on_progress = on_progress
        self._on_notice = on_notice
        self._asked_at = time.monotonic()
        self._replies: list[Reply] = []
        self._runs: list[ToolRun] = []
        self._open_calls: list[dict[str, Any]] = []
        self._spool: PcmSpool | None = None
        self.entries: list[Entry] = []

    async def run(self, said: Callable[[], Sequence[Entry]]) -> None:
        """Ask, call the functions the model asks for, and ask again, until it answers.

        Parameters
        ----------
        said
            Gives what the person says; called on a thread, since it may encode sound.

        Raises
        ------
        RealtimeError
            When the service refuses or is not reached, and nothing of an answer came.
        """
        self.entries = list(await asyncio.to_thread(said))
        if self._manner.stream and self._manner.format != STREAM_FORMAT and self._sounds:
            self._note(
                f"a stream's sound is {STREAM_FORMAT} on the wire; it is made into"
                f" {self._manner.format} here"
            )
        for _ in range(MAX_ROUNDS):
            reply = await self._ask()
            if reply.problem or not await self._answered_calls(reply):
                return

    @property
    def _sounds(self) -> bool:
        return not self._manner.text_only

    async def _ask(self) -> Reply:
        """Return what comes; a refusal that another request can mend is mended once."""
        mended = False
        while True:
            sent = past(
                [*self._before, *self.entries],
                self._clock(),
                ids=self._sounds,
                unknown=self._unknown,
            )
            if sent.expired and self._sounds and not self._replies:
                self._note(_by_transcript(sent.expired, "has expired"))
            try:
                return await self._request(sent.messages)
            except RequestRefused as refusal:
                if mended or not self._mend(refusal, sent.ids):
                    raise
                mended = True

    def _mend(self, refusal: RequestRefused, ids: Sequence[str]) -> bool:
        """Take note of why a request was refused; whether another one may be answered."""
        said = f"{refusal.param} {refusal.code} {refusal}".lower()
        named = [name for name in ids if name.lower() in said]
        about_sound = refusal.status in _UNKNOWN_ID_STATUSES and _about_sound(refusal)
        if ids and (named or about_sound):
            gone = named or ids
            self._unknown.update(gone)
            self._note(_by_transcript(len(gone), "is not known to the service any more"))
            return True
        if refusal.status == _NEEDS_STREAM and not self._stream and _wants_stream(said):
            self._stream = True
            self._note("the service answers with sound in a stream only; asked again for that")
            return True
        return False

    async def _request(self, messages: Sequence[Mapping[str, Any]]) -> Reply:
        manner = self._manner
        system = [{"role": "system", "content": manner.system}] if manner.system else []
        body = completion_request(
            [*system, *messages],
            model=self._service.endpoint.model,
            voice=manner.voice,
            format=STREAM_FORMAT if self._stream else manner.format,
            text_only=manner.text_only,
            stream=self._stream,
            tools=self._functions.definitions,
            overrides=manner.overrides,
        )
        if self._stream and self._spool is None:
            # One for the whole turn: whoever plays it hears on when a function has been called.
            self._spool = PcmSpool(RATE)
        reply = Reply(
            self._service,
            body,
            spool=self._spool if self._stream else None,
            on_progress=self._on_progress,
            asked_at=self._asked_at,
        )
        self._replies.append(reply)
        try:
            await reply.run()
        except RequestRefused:
            self._replies.remove(reply)
            raise
        return reply

    async def _answered_calls(self, reply: Reply) -> bool:
        """Run the functions that a reply calls; whether all its calls are answered by that."""
        calls = reply.completion.tool_calls
        self._open_calls = [call for call in calls if not self._functions.runs(call)]
        outputs: list[Entry] = []
        for call in calls:
            if call in self._open_calls:
                continue
            name = call["function"]["name"]
            self._tell(
                Notice("progress", f"the model calls {name}({call['function']['arguments']})")
            )
            done = await self._functions.run(call)
            if done.failed:
                self._note(f"{name} failed: {done.output}")
            self._runs.append(done)
            outputs.append(tool_entry(str(call["id"]), done.output))
        if calls:
            # At once: a call without its output is refused in the next request.
            message = reply.completion.message()
            self.entries += [assistant_entry(message), *outputs]
        return bool(calls) and not self._open_calls

    def answer(self, stopped: str = "") -> AudioAnswer:
        """Return what came, whole or not.

        Parameters
        ----------
        stopped
            Why nothing more will come, where that is so.
        """
        completions = [reply.completion for reply in self._replies]
        known = completions[-1] if completions else None
        endpoint, spool = self._service.endpoint, self._spool
        problem, partial = self._problem(stopped)
        return AudioAnswer(
            transcript=_joined(one.transcript for one in completions),
            content=_joined(one.content or one.refusal for one in completions),
            message=known.message() if known is not None else {},
            usage=self._usage(),
            price=self._price(),
            id=known.audio_id if known is not None else None,
            expires_at=known.expires_at if known is not None else None,
            tool_calls=list(self._open_calls),
            runs=tuple(self._runs),
            partial=partial,
            problem=problem,
            refused=bool(known is not None and known.refusal),
            model=(known.model if known is not None else "") or endpoint.model,
            voice=self._voice if self._sounds else "",
            format=self._manner.format,
            practice=endpoint.practice,
            timings=self._timings(),
            spool=spool if spool is not None and len(spool) > 1 else None,
            data=next((reply.data for reply in reversed(self._replies) if reply.data), b""),
        )

    def kept(self, answer: AudioAnswer) -> list[Entry]:
        """Return what the conversation keeps of this turn: nothing, when nothing was answered."""
        entries = list(self.entries)
        known = self._replies[-1].completion if self._replies else None
        if known is not None and known.anything and not known.tool_calls:
            entries.append(
                assistant_entry(answer.message, seconds=answer.seconds, partial=answer.partial)
            )
        return entries if any(entry.role == "assistant" for entry in entries) else []

    @property
    def _voice(self) -> str:
        voice = self._manner.voice
        return voice if isinstance(voice, str) else str(voice.get("id", ""))

    def _problem(self, stopped: str) -> tuple[str, bool]:
        """Return what happened, and whether the end of the answer is missing."""
        last = self._replies[-1] if self._replies else None
        if stopped or last is None:
            return stopped, True
        known = last.completion
        if last.problem or known.cut_short:
            return last.problem or known.cut_short, True
        if known.tool_calls and not self._open_calls:
            return f"the model called functions {MAX_ROUNDS} times over and did not answer", True
        if known.refusal:
            return "the model would not answer", False
        if known.broken_sound:
            return "some of the sound could not be read", True
        return ("" if known.anything else "the model answered nothing"), False

    def _usage(self) -> dict[str, Any] | None:
        told = [reply.completion.usage for reply in self._replies]
        whole = told[0] if told else None
        for usage in told[1:]:
            whole = add_usage(whole, usage)
        return whole

    def _price(self) -> Price:
        told = next((r.completion.model for r in self._replies if r.completion.model), "")
        endpoint = self._service.endpoint
        return chat_price(self._usage(), told or endpoint.model, practice=endpoint.practice)

    def _timings(self) -> dict[str, float]:
        timings: dict[str, float] = {}
        for reply in self._replies:
            timings = {**reply.timings, **timings}
            if "whole" in reply.timings:
                timings["whole"] = reply.timings["whole"]
        return timings

    def _note(self, text: str) -> None:
        self._tell(Notice("note", text))

    def _tell(self, notice: Notice) -> None:
        tell(self._on_notice, notice)


def _joined(texts: Iterable[str]) -> str:
    return " ".join(text for text in texts if text)


def tool_entry(call_id: str, output: str) -> Entry:
    """Return the entry of a function's output."""
    message = {"role": "tool", "tool_call_id": call_id, "content": output}
    return Entry(role="tool", text=output, message=message)


def _by_transcript(count: int, why: str) -> str:
    which = "an earlier answer" if count == 1 else f"{count} earlier answers"
    return f"the sound of {which} {why}; its transcript goes instead"


def _about_sound(refusal: RequestRefused) -> bool:
    said = f"{refusal.param} {refusal.code} {refusal}".lower()
    # Not the `audio` of the request itself: its voice and format.
    about = "messages" in (refusal.param or "") or "id" in said.replace("_", " ").split()
    return "audio" in said and (about or "expired" in said or "not found" in said)


def _wants_stream(said: str) -> bool:
    return "stream" in said and any(word in said for word in ("requires", "must", "only", "need"))
