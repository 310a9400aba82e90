"""What is wrong with a config, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

SessionKind: TypeAlias = Literal["realtime", "transcription", "translation"]
KINDS: Final[tuple[SessionKind, ...]] = ("realtime", "transcription", "translation")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a config.

    Attributes
    ----------
    path
        The field's place in the GA shape, such as ``audio.output.voice`` or
        ``tools[0].name``; a name that has no place there stands as it was written.
    message
        What is wrong, in one clause that names the field.
    advice
        What to write instead; ``""`` where there is nothing to say.
    severity
        ``error`` where the service refuses it, ``warning`` where it takes it but the author
        should know.
    """

    path: str
    message: str
    advice: str = ""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.message}; {self.advice}" if self.advice else self.message
