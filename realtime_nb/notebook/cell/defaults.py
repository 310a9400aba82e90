"""What a `%%realtime` cell asks for though nobody wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime_nb.protocol.config.paths import put

if TYPE_CHECKING:
    from realtime_nb.protocol.config.problem import SessionKind

# Of the transcribers that a translation session takes, the one the sheet of models names.
_TRANSLATION_TRANSCRIBER = "gpt-realtime-whisper"


def default_config(kind: SessionKind, transcriber: str, *, azure: bool = False) -> dict[str, Any]:
    """Return what the notebook asks for beside the author's own config.

    The service writes nothing down unless asked, and a chat that does not show what was
    heard is no use to anybody; ``transcription: none`` switches it off.

    Parameters
    ----------
    kind
        Of the session.
    transcriber
        The transcription model of conversations and transcriptions; ``""`` asks for none.
    azure
        Azure's transcribers have names of the account's own, so there nothing is asked.
    """
    config: dict[str, Any] = {}
    if transcriber and not azure:
        model = _TRANSLATION_TRANSCRIBER if kind == "translation" else transcriber
        put(config, "audio.input.transcription.model", model)
    return config
