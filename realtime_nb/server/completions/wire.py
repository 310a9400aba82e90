"""Chat completions as they go out: the whole reply, its chunks, and what they count."""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.server.config.config import MODEL
from realtime_nb.server.emitter import obfuscation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from realtime_nb.server.answers.context import Tokens
    from realtime_nb.server.completions.answering import Called, FinishReason

Json = dict[str, Any]

_TIER: Final = "default"


def _completion_id() -> str:
    return f"chatcmpl-{secrets.token_urlsafe(21)}"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a reply's chunks have in common.

    Parameters
    ----------
    id, created
        Of the completion; `created` in Unix seconds.
    """

    id: str = field(default_factory=_completion_id)
    created: int = field(default_factory=lambda: int(time.time()))

    def completion(self, choices: list[Json], usage: Json) -> Json:
        """Return the whole reply."""
        return {**self._head("chat.completion"), "choices": choices, "usage": usage, **_TAIL}

    def chunk(
        self,
        index: int,
        delta: Json,
        *,
        with_usage: bool,
        obfuscated: bool,
        finish_reason: FinishReason | None = None,
    ) -> Json:
        """Return a chunk of one choice; one that only tells when its sound expires has no end."""
        choice: Json = {"index": index, "delta": delta, "logprobs": None}
        if "expires_at" not in delta.get("audio", {}):
            choice["finish_reason"] = finish_reason
        chunk = {**self._head("chat.completion.chunk"), **_TAIL, "choices": [choice]}
        if with_usage:
            chunk["usage"] = None
        if obfuscated:
            chunk["obfuscation"] = obfuscation()
        return chunk

    def usage_chunk(self, usage: Json, *, obfuscated: bool) -> Json:
        """Return the chunk that counts, after all others."""
        chunk: Json = {**self._head("chat.completion.chunk"), **_TAIL, "choices": []}
        chunk["usage"] = usage
        if obfuscated:
            chunk["obfuscation"] = obfuscation()
        return chunk

    def _head(self, kind: str) -> Json:
        return {"id": self.id, "object": kind, "created": self.created, "model": MODEL}


_TAIL: Final[Json] = {"service_tier": _TIER, "system_fingerprint": None}


def choice(index: int, message: Json, finish_reason: FinishReason) -> Json:
    """Return one choice of a whole reply."""
    return {
        "index": index,
        "message": message,
        "logprobs": None,
        "finish_reason": finish_reason,
    }


def message(text: str | None, audio: Json | None, calls: Sequence[Called]) -> Json:
    """Return the assistant's message; a spoken one has no content."""
    made: Json = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    if audio is not None:
        made["audio"] = audio
    if calls:
        made["tool_calls"] = [tool_call(call) for call in calls]
    return made


def audio_object(audio_id: str, data: bytes, expires_at: int, transcript: str) -> Json:
    """Return a spoken answer; `data` is a file of the format asked for."""
    return {
        "id": audio_id,
        "data": base64.b64encode(data).decode(),
        "expires_at": expires_at,
        "transcript": transcript,
    }


def tool_call(call: Called) -> Json:
    """Return a function call of a message."""
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def usage_object(prompt: Tokens, answers: Sequence[Tokens]) -> Json:
    """Return what a request with all its choices counts; nothing here is ever cached."""
    text = sum(one.text for one in answers)
    audio = sum(one.audio for one in answers)
    return {
        "prompt_tokens": prompt.total,
        "completion_tokens": text + audio,
        "total_tokens": prompt.total + text + audio,
        "prompt_tokens_details": {
            "cached_tokens": 0,
            "audio_tokens": prompt.audio,
            "text_tokens": prompt.text,
            "image_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": audio,
            "text_tokens": text,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
