"""Which names of models a chat completion takes; whatever it is called, it is `local-demo`.

The names of the service's chat models are let in, so that code written for the service runs
unchanged; the reply says `local-demo` all the same.
"""

from __future__ import annotations

import re
from typing import Any, Final

from realtime_nb.protocol.config.models import find_model
from realtime_nb.server.config.config import MODEL
from realtime_nb.server.http.errors import Refusal, model_not_found

Json = dict[str, Any]

_CHAT: Final = re.compile(
    r"(?:gpt-audio|gpt-(?:3\.5|4|4\.1|4\.5|4o|5(?:\.\d+)?)|chatgpt-4o|o[134])(?:-[\w.-]+)?"
)
_SOUND_ONLY: Final = re.compile(r"gpt-audio|gpt-4o(?:-mini)?-audio")
# Families of the service that are no chat models, whatever their names begin with.
_OTHER: Final = re.compile(r"-(?:realtime|transcribe|tts|search|image|instruct|translate|whisper)")
_OWNER: Final = "realtime_nb"


def check_chat_model(model: str) -> None:
    """Refuse a model that holds no chat.

    Raises
    ------
    Refusal
        404, with the code ``model_not_found`` for a name that is not known.
    """
    if model == MODEL:
        return
    if _CHAT.fullmatch(model) is not None and _OTHER.search(model) is None:
        return
    if find_model(model) is not None:
        raise Refusal(
            model_not_found(model).status,
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
            param="model",
        )
    raise model_not_found(model)


def needs_sound(model: str) -> bool:
    """Return whether the service's model of that name refuses a chat without any sound."""
    return _SOUND_ONLY.match(model) is not None


def model_entry() -> Json:
    """Return the one model there is, truthfully named."""
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": _OWNER}
