"""The translation session's object: what may stand in it, and how an update merges."""

from __future__ import annotations

import copy
from typing import Any, Final

from realtime_nb.server.config.config import MODEL
from realtime_nb.server.config.merging import merge_noise_reduction
from realtime_nb.server.config.schema import Choice, Constant, Nullable, Number, Record, Text

Json = dict[str, Any]

_AUDIO: Final = Record(
    {
        "input": Record(
            {
                "transcription": Nullable(Record({"model": Text(200)}, ("model",))),
                "noise_reduction": Nullable(
                    Record(
                        {
                            "type": Choice(("near_field", "far_field")),
                            "strength": Number(0, 1),
                        },
                        ("type",),
                    )
                ),
            }
        ),
        "output": Record({"language": Text(40)}),
    }
)
# `type` and `model` are fixed when the session is made.
_UPDATE: Final = Record({"audio": _AUDIO})
_CREATE: Final = Record(
    {"type": Constant("translation"), "model": Text(), "audio": _AUDIO}, ("model",)
)


class TranslationConfig:
    """The session object in force.

    Parameters
    ----------
    session_id
        ``sess_...``.
    expires_at
        Unix time in seconds.
    """

    def __init__(self, session_id: str, expires_at: int) -> None:
        self._session: Json = {
            "id": session_id,
            "type": "translation",
            "model": MODEL,
            "expires_at": expires_at,
            "audio": {
                "input": {"transcription": None, "noise_reduction": None},
                "output": {"language": None},
            },
        }

    def to_wire(self) -> Json:
        """Return the full object, a copy of its own."""
        return copy.deepcopy(self._session)

    @property
    def transcribes(self) -> bool:
        """Whether the source's words are wanted too."""
        return self._session["audio"]["input"]["transcription"] is not None

    def create(self, asked: Any) -> None:
        """Take the config of a client secret.

        Parameters
        ----------
        asked
            The request's `session`, as parsed.

        Raises
        ------
        WireError
            When any field is refused; then nothing has changed.
        """
        self._merge(_CREATE.check(asked, "session"))

    def update(self, update: Any) -> None:
        """Check an update and let it take force as a whole.

        Parameters
        ----------
        update
            The `session` of a `session.update`, as parsed.

        Raises
        ------
        WireError
            When any field is refused; then nothing has changed.
        """
        self._merge(_UPDATE.check(update, "session"))

    def _merge(self, checked: Json) -> None:
        audio: Json = checked.get("audio", {})
        current: Json = self._session["audio"]["input"]
        given: Json = dict(audio.get("input", {}))
        noise = given.get("noise_reduction")
        if noise is not None:
            given["noise_reduction"] = merge_noise_reduction(current["noise_reduction"], noise)
        current.update(given)
        self._session["audio"]["output"].update(audio.get("output", {}))
