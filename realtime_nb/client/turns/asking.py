"""Out-of-band responses: what `response.create` has to say for a question beside the talk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.errors import UsageError
from realtime_nb.protocol.conversation.carry import carry_over
from realtime_nb.protocol.conversation.items import Item

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from realtime_nb.protocol.conversation.reducer import Conversation

MODALITIES: Final = ("text", "audio")
_METADATA_PAIRS: Final = 15  # the service takes 16, and one is our own
_LONGEST_KEY, _LONGEST_VALUE = 64, 512
_LIKE_AN_ID: Final = re.compile(r"(?:item|msg|fc|rs)_[A-Za-z0-9]{6,}")


def ask_fields(
    conversation: Conversation,
    question: str,
    *,
    source: Sequence[Any] | None = None,
    instructions: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the `response` of a ``response.create`` that asks beside the conversation.

    Parameters
    ----------
    conversation
        The talk; ids and items are looked up in it.
    question
        What is asked. Over the talk as it stands it goes as the response's instructions, so that
        nothing has to be added to the talk; over an input of its own it is the last message.
    source
        None for the talk as it stands; else what the model sees in its place: texts (as the
        user's), items or their ids (as references), items in the service's shape.
    instructions
        In place of the session's, for this response.
    metadata
        At most 15 pairs of texts.

    Raises
    ------
    UsageError
        For what cannot be asked.
    """
    if not isinstance(question, str) or not question.strip():  # pyright: ignore[reportUnnecessaryIsInstance] -- from a cell
        raise UsageError(f'ask({question!r:.60}) asks nothing; write a text such as "Summarise"')
    if instructions is not None and not isinstance(instructions, str):  # pyright: ignore[reportUnnecessaryIsInstance] -- from a cell
        raise UsageError(f"ask(instructions={instructions!r:.60}): write a text")
    fields: dict[str, Any] = {"conversation": "none"}
    if metadata:
        fields["metadata"] = _checked_metadata(metadata)
    if source is None:
        fields["instructions"] = f"{instructions}\n\n{question}" if instructions else question
        return fields
    if isinstance(source, str | bytes | dict) or not hasattr(source, "__iter__"):
        raise UsageError(f"ask(input={source!r:.60}): write a list, such as input=[text, item]")
    entries = [entry for one in source for entry in _entries(one, conversation)]
    fields["input"] = [*entries, _message(question)]
    if instructions:
        fields["instructions"] = instructions
    return fields


def _entries(one: Any, conversation: Conversation) -> list[dict[str, Any]]:
    if isinstance(one, Item):
        if conversation.item(one.id) is not None:
            return [_reference(one.id)]
        # Of another conversation: its words are told again.
        told = [dict(item) for item in carry_over([one]).items]
        if not told:
            raise UsageError(f"ask(input=…): the item {one.id!r:.60} is not of this talk, and mute")
        return told
    if isinstance(one, str):
        return [_text_or_reference(one, conversation)]
    if isinstance(one, dict):
        return [_item(cast("dict[str, Any]", one))]
    raise UsageError(
        f"ask(input=[… {one!r:.60} …]): write texts, items of chat.items, their ids, or dicts"
    )


def _text_or_reference(text: str, conversation: Conversation) -> dict[str, Any]:
    if conversation.item(text) is not None:
        return _reference(text)
    if _LIKE_AN_ID.fullmatch(text):
        raise UsageError(f"ask(input=…): the talk has no item {text!r:.60}; chat.items lists them")
    if not text.strip():
        raise UsageError("ask(input=…): one of the texts is empty; leave it out")
    return _message(text)


def _item(given: dict[str, Any]) -> dict[str, Any]:
    if set(given) == {"id"}:
        return _reference(str(given["id"]))
    if "type" not in given and "role" in given:
        return {"type": "message", **given}
    if "type" not in given:
        raise UsageError(
            f"ask(input=…): {given!r:.80} is no item; write"
            ' {"role": "user", "content": [{"type": "input_text", "text": "…"}]}'
        )
    return given


def _reference(item_id: str) -> dict[str, Any]:
    return {"type": "item_reference", "id": item_id}


def _message(text: str) -> dict[str, Any]:
    return {
        "type": "message",
        "role": "user",
        "content": [{"type": "input_text", "text": text}],
    }


def _checked_metadata(metadata: Any) -> dict[str, str]:
    if not isinstance(metadata, dict):
        raise UsageError(
            f'metadata={metadata!r:.60}: write pairs of texts, as {{"about": "notes"}}'
        )
    metadata = cast("dict[Any, Any]", metadata)
    if len(metadata) > _METADATA_PAIRS:
        raise UsageError(
            f"metadata has {len(metadata)} pairs; a service takes 16, and one is ours: keep 15"
        )
    for key, value in metadata.items():
        fits = isinstance(key, str) and isinstance(value, str)
        if not fits or len(key) > _LONGEST_KEY or len(value) > _LONGEST_VALUE:
            raise UsageError(
                f"metadata {key!r:.70}: a name of at most 64 characters and a text of at most 512"
            )
    return dict(metadata)
