"""The budget of a cell, brought to its chat and told below the cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_nb.protocol.config.paths import MISSING, get
from realtime_nb.protocol.cost.meter import usd_text
from realtime_nb.protocol.cost.prices import prices_of

if TYPE_CHECKING:
    from realtime_nb.notebook.cell.request import Request
    from realtime_nb.notebook.chats.chat import Chat


def set_budget(chat: Chat, request: Request) -> None:
    """Give a chat the budget its cell names; a cell that names none leaves it as it is."""
    if request.budget is not MISSING:
        chat.budget = request.budget


def budget_notes(chat: Chat) -> list[str]:
    """Return what the author should know of a chat's budget, a sentence each."""
    if chat.budget is None:
        return []
    spent = chat.session.spent
    if spent.free:
        return [
            f"Budget: {usd_text(chat.budget)}; the practice server is free, so it stops nothing."
        ]
    notes = [f"Budget: {usd_text(chat.budget)} for this session; {spent} spent so far."]
    unpriced = [model for model in _models(chat) if not prices_of(model)]
    if unpriced:
        notes.append(
            f"No price is known of {' and '.join(unpriced)}: what it costs is not counted, and"
            " the budget does not hold for it."
        )
    return notes


def _models(chat: Chat) -> list[str]:
    """Return what is billed here: the model that answers, and the transcriber."""
    session = chat.effective or {}
    transcriber = get(session, "audio.input.transcription.model")
    # A transcription session has no other model.
    answers = "" if chat.kind == "transcription" else session.get("model") or chat.endpoint.model
    return [name for name in (answers, transcriber) if isinstance(name, str) and name]
