"""What both sides say, as it comes: speech, transcripts, words and sound of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.conversation.items import added, audio_ms, kept
from realtime_nb.protocol.conversation.state import index_of, text_of
from realtime_nb.protocol.session_sound import audio_format, transcribes
from realtime_nb.protocol.summary import payload_bytes
from realtime_nb.protocol.told import told_ms

if TYPE_CHECKING:
    from realtime_nb.protocol.conversation.items import Item
    from realtime_nb.protocol.conversation.state import Handlers, State
    from realtime_nb.protocol.events import Event


# -- the user's


def _on_speech_started(state: State, event: Event, t_ms: float) -> str | None:
    known = state.item(event.get("item_id"))
    changed = _spoken(state, event, t_ms)
    if changed is not None and changed != state.unfinished.begun:
        start = told_ms(event, "audio_start_ms")
        place_ms = state.clock.place(0.0 if start is None else start)
        again = state.unfinished.said_again(place_ms)
        state.give_up_unfinished(said_again=again)
        state.unfinished.begin(changed if known is None else None, place_ms)
    return changed


def _spoken(state: State, event: Event, t_ms: float) -> str | None:
    item = state.ensure(event.get("item_id"), t_ms)
    if item is None:
        return None
    item.role = "user"
    item.part(0, "audio")
    item.awaits_transcript = transcribes(state.session) and not item.transcribed
    return item.id


def _on_committed(state: State, event: Event, t_ms: float) -> str | None:
    changed = _spoken(state, event, t_ms)
    state.unfinished.finished(changed)
    if changed is not None and event.get("previous_item_id") is not None:
        state.order.place(changed, event.get("previous_item_id"))
    return changed


def _on_cleared(state: State, _event: Event, _: float) -> None:
    state.give_up_unfinished()


def _on_transcript_delta(state: State, event: Event, t_ms: float) -> str | None:
    item = state.ensure(event.get("item_id"), t_ms)
    if item is None:
        return None
    item.role = item.role or "user"
    part = item.part(index_of(event), "audio")
    if item.id in state.partial:
        # Another session writes it down from its beginning.
        state.partial.discard(item.id)
        part.text = ""
    part.add(text_of(event, "delta"))
    item.awaits_transcript = not item.transcribed
    return item.id


def _on_transcript_done(state: State, event: Event, t_ms: float) -> str | None:
    item = state.ensure(event.get("item_id"), t_ms)
    if item is None:
        return None
    item.role = item.role or "user"
    item.part(index_of(event), "audio").text = kept(text_of(event, "transcript"))
    item.error = None
    _is_written(state, item)
    return item.id


def _on_transcript_failed(state: State, event: Event, t_ms: float) -> str | None:
    item = state.ensure(event.get("item_id"), t_ms)
    if item is None:
        return None
    item.role = item.role or "user"
    item.error = kept(text_of(event, "error.message")) or "the words could not be transcribed"
    _is_written(state, item)
    return item.id


def _is_written(state: State, item: Item) -> None:
    item.awaits_transcript, item.lost = False, False
    item.transcribed = True
    state.partial.discard(item.id)
    state.unfinished.finished(item.id)


# -- the assistant's


def _on_text_delta(state: State, event: Event, t_ms: float) -> str | None:
    item = state.answering(event, t_ms)
    if item is None:
        return None
    kind = "audio" if "audio" in event.type else "text"
    item.part(index_of(event), kind).add(text_of(event, "delta"))
    return item.id


def _on_text_done(state: State, event: Event, t_ms: float) -> str | None:
    item = state.answering(event, t_ms)
    if item is None:
        return None
    kind = "audio" if "audio" in event.type else "text"
    text = text_of(event, "transcript") or text_of(event, "text")
    if text:
        item.part(index_of(event), kind).text = kept(text)
    return item.id


def _on_audio_delta(state: State, event: Event, t_ms: float) -> str | None:
    item = state.answering(event, t_ms)
    if item is None:
        return None
    part = item.part(index_of(event), "audio")
    part.audio_ms += audio_ms(payload_bytes(event), audio_format(state.session, "output"))
    return item.id


def _on_arguments_delta(state: State, event: Event, t_ms: float) -> str | None:
    item = state.answering(event, t_ms)
    if item is None:
        return None
    item.arguments = added(item.arguments, text_of(event, "delta"))
    return item.id


def _on_arguments_done(state: State, event: Event, t_ms: float) -> str | None:
    item = state.answering(event, t_ms)
    if item is None:
        return None
    item.arguments = kept(text_of(event, "arguments")) or item.arguments
    item.name = text_of(event, "name") or item.name
    return item.id


WORD_HANDLERS: Final[Handlers] = {
    "input_audio_buffer.speech_started": _on_speech_started,
    "input_audio_buffer.committed": _on_committed,
    "input_audio_buffer.cleared": _on_cleared,
    "conversation.item.input_audio_transcription.delta": _on_transcript_delta,
    "conversation.item.input_audio_transcription.completed": _on_transcript_done,
    "conversation.item.input_audio_transcription.failed": _on_transcript_failed,
    "response.output_text.delta": _on_text_delta,
    "response.output_audio_transcript.delta": _on_text_delta,
    "response.output_text.done": _on_text_done,
    "response.output_audio_transcript.done": _on_text_done,
    "response.output_audio.delta": _on_audio_delta,
    "response.function_call_arguments.delta": _on_arguments_delta,
    "response.function_call_arguments.done": _on_arguments_done,
}
"""What both sides say."""
