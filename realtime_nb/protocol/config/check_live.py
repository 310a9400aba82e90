"""What an update asks for that cannot change in a session under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.config.check_types import shown
from realtime_nb.protocol.config.paths import MISSING, get
from realtime_nb.protocol.config.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RESTART: Final = "`--restart` begins a new session"
_PRACTICE: Final = "local-demo"
_VOICE: Final = "audio.output.voice"


@dataclass(frozen=True, slots=True)
class Live:
    """A session under way.

    Attributes
    ----------
    effective
        The session object the service last told.
    assistant_spoke
        Whether the conversation holds sound of the assistant's: then the voice stays.
    model
        The model it was opened with, where that is known beside `effective`.
    """

    effective: Mapping[str, Any]
    assistant_spoke: bool = False
    model: str = ""


def check_live(config: Mapping[str, Any], live: Live) -> Iterator[Problem]:
    """Yield what differs from the session in force and cannot change in it."""
    effective = live.effective
    if "type" in effective and config.get("type") != effective["type"]:
        kind = shown(effective["type"])
        yield Problem("type", f"the session under way is of type {kind}, and stays it", RESTART)
    yield from _model(config.get("model"), live)
    voice, now = get(config, _VOICE), get(effective, _VOICE)
    if live.assistant_spoke and voice is not MISSING and now not in (MISSING, voice):
        said = f"the assistant has spoken as {shown(now)}"
        yield Problem(_VOICE, f"`{_VOICE}` cannot change any more: {said}", RESTART)
    tracing = effective.get("tracing")
    if tracing is not None and config.get("tracing", tracing) != tracing:
        yield Problem("tracing", "`tracing` is on, and cannot change once it is", RESTART)


def _model(wanted: Any, live: Live) -> Iterator[Problem]:
    told = live.effective.get("model")
    current = {name for name in (live.model, told) if isinstance(name, str) and name}
    # The practice server names its one model, whatever it was opened with.
    unknown = not current or (not live.model and told == _PRACTICE)
    if isinstance(wanted, str) and wanted not in current and not unknown:
        names = " or ".join(sorted(current))
        yield Problem("model", f"the session under way is with {names}, and stays with it", RESTART)
