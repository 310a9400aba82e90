"""What came of one question: its replies put together to the one answer that people get."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.audio_api.answer import AudioAnswer, ToolRun
from realtime_nb.protocol.audio_api.completion_usage import add_usage, chat_price
from realtime_nb.protocol.audio_api.sent_format import sent_format
from realtime_nb.protocol.audio_api.thread import Entry, assistant_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from realtime_nb.audio.spool import PcmSpool
    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.rest.chat_reply import Reply

MAX_ROUNDS: Final = 8
"""How often a model may call functions before it answers."""


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

    @property
    def voice_name(self) -> str:
        """The voice, in a word."""
        return self.voice if isinstance(self.voice, str) else str(self.voice.get("id", ""))


@dataclass(slots=True)
class Gathered:
    """What has come of one question so far.

    Attributes
    ----------
    entries
        What the conversation keeps of it: what was said, functions called and their outputs.
    replies
        What came for each request.
    runs
        The functions that were called.
    open_calls
        Calls that nobody here answers.
    spool
        The sound of all replies that were streamed, one after the other.
    """

    entries: list[Entry] = field(default_factory=list[Entry])
    replies: list[Reply] = field(default_factory=list["Reply"])
    runs: list[ToolRun] = field(default_factory=list[ToolRun])
    open_calls: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    spool: PcmSpool | None = None

    def answer(self, endpoint: Endpoint, manner: Manner, stopped: str = "") -> AudioAnswer:
        """Return what came as one answer, whole or not.

        Parameters
        ----------
        endpoint
            Who answered.
        manner
            How it was asked.
        stopped
            Why nothing more will come, where that is so.
        """
        completions = [reply.completion for reply in self.replies]
        known = completions[-1] if completions else None
        asked = str(manner.overrides.get("model") or endpoint.model)
        model = next((one.model for one in completions if one.model), asked)
        usage = self._usage()
        problem, partial = self._problem(stopped)
        data = next((reply.data for reply in reversed(self.replies) if reply.data), b"")
        return AudioAnswer(
            transcript=_joined(one.transcript for one in completions),
            content=_joined(one.content or one.refusal for one in completions),
            message=known.message() if known is not None else {},
            usage=usage,
            price=chat_price(usage, model, practice=endpoint.practice),
            id=known.audio_id if known is not None else None,
            expires_at=known.expires_at if known is not None else None,
            tool_calls=list(self.open_calls),
            runs=tuple(self.runs),
            partial=partial,
            problem=problem,
            refused=bool(known is not None and known.refusal),
            model=model,
            voice="" if manner.text_only else manner.voice_name,
            format=sent_format(data, manner.format) if data else manner.format,
            practice=endpoint.practice,
            timings=self._timings(),
            spool=self.spool if self.spool is not None and len(self.spool) > 1 else None,
            data=data,
        )

    def kept(self, answer: AudioAnswer) -> list[Entry]:
        """Return what the conversation keeps: nothing, when nothing was answered."""
        entries = list(self.entries)
        known = self.replies[-1].completion if self.replies else None
        if known is not None and known.anything and not known.tool_calls:
            entries.append(
                assistant_entry(answer.message, seconds=answer.seconds, partial=answer.partial)
            )
        return entries if any(entry.role == "assistant" for entry in entries) else []

    def _problem(self, stopped: str) -> tuple[str, bool]:
        """Return what happened, and whether the end of the answer is missing."""
        last = self.replies[-1] if self.replies else None
        if stopped or last is None:
            return stopped, True
        known = last.completion
        if last.problem or known.cut_short:
            return last.problem or known.cut_short, True
        if known.tool_calls and not self.open_calls:
            return f"the model called functions {MAX_ROUNDS} times over and did not answer", True
        if known.refusal:
            return "the model would not answer", False
        if known.broken_sound:
            return "some of the sound could not be read", True
        return ("" if known.anything else "the model answered nothing"), False

    def _usage(self) -> dict[str, Any] | None:
        told = [reply.completion.usage for reply in self.replies]
        whole = told[0] if told else None
        for usage in told[1:]:
            whole = add_usage(whole, usage)
        return whole

    def _timings(self) -> dict[str, float]:
        """Return the first of each, and of the last request when it was whole."""
        timings: dict[str, float] = {}
        for reply in self.replies:
            timings = {**reply.timings, **timings}
            if "whole" in reply.timings:
                timings["whole"] = reply.timings["whole"]
        return timings


def _joined(texts: Iterable[str]) -> str:
    return " ".join(text for text in texts if text)
