"""From the command line's word for a brain to what makes one for each session."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from realtime_nb.errors import UsageError
from realtime_nb.server.brain.card import CardBrain
from realtime_nb.server.brain.chat import ChatBrain, read_chat_url
from realtime_nb.server.brain.echo import EchoBrain
from realtime_nb.server.brain.scripted import ScriptedBrain, read_script

if TYPE_CHECKING:
    from collections.abc import Callable

    from realtime_nb.server.brain.interface import Brain

_SCRIPTED: Final = "scripted:"


def load_brain(spec: str) -> Callable[[], Brain]:
    """Return what makes the brain of a session.

    Parameters
    ----------
    spec
        ``card``, ``echo``, ``scripted:FILE`` or a chat service's URL.

    Raises
    ------
    UsageError
        When there is no such brain, or its script cannot be read.
    """
    if spec == "card":
        return CardBrain
    if spec == "echo":
        return EchoBrain
    if spec.startswith(_SCRIPTED):
        return partial(ScriptedBrain, read_script(Path(spec.removeprefix(_SCRIPTED))))
    if "://" in spec:
        return partial(ChatBrain, read_chat_url(spec))
    raise UsageError(
        f"there is no brain {spec!r}; write card, echo, scripted:FILE or "
        "http://HOST:PORT/v1?model=NAME"
    )
