"""Talk to voice models in a Jupyter notebook.

In a notebook: ``%load_ext realtime_nb``, then a ``%%realtime`` cell. From Python:
`connect`, in the shape of the ``openai`` package's ``realtime.connect``, and
`RealtimeSession`, which lives on a thread of its own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from realtime_nb.audio.clip import AudioClip
    from realtime_nb.client.connection import connect
    from realtime_nb.client.endpoints.endpoint import resolve_endpoint
    from realtime_nb.client.endpoints.ephemeral import create_client_secret
    from realtime_nb.client.rest.chat import AudioChat
    from realtime_nb.client.rest.speech import speak
    from realtime_nb.client.rest.transcription import transcribe, translate_audio
    from realtime_nb.client.session import RealtimeSession
    from realtime_nb.inspection import RealtimeLog
    from realtime_nb.inspection.spreadsheet import to_csv
    from realtime_nb.notebook import (
        Chat,
        load_ipython_extension,
        unload_ipython_extension,
    )
    from realtime_nb.notebook.chained import ChainedAgent
    from realtime_nb.notebook.comparing import side_by_side
    from realtime_nb.notebook.phone.line import PhoneLine
    from realtime_nb.notebook.saved.saved_chat import SavedChat, open_saved
    from realtime_nb.notebook.tools.binding import tool
    from realtime_nb.notebook.transports.attaching import attach
    from realtime_nb.protocol.config.migrate import migrate
    from realtime_nb.protocol.log.event_log import EventLog
    from realtime_nb.widget import Recorder

    open = open_saved  # noqa: A001 -- as one opens an image

__version__ = "0.1.0"

__all__ = [
    "AudioChat",
    "AudioClip",
    "ChainedAgent",
    "Chat",
    "EventLog",
    "PhoneLine",
    "RealtimeLog",
    "RealtimeSession",
    "Recorder",
    "SavedChat",
    "attach",
    "connect",
    "create_client_secret",
    "load_ipython_extension",
    "migrate",
    "resolve_endpoint",
    "side_by_side",
    "speak",
    "to_csv",
    "tool",
    "transcribe",
    "translate_audio",
    "unload_ipython_extension",
]

# `open` is missing above: nobody's own is to be replaced by `import *`.
# Where each public name lives: imported when asked for, so that the practice server and the
# command line start without the notebook's parts.
_HOMES = {
    "AudioChat": "realtime_nb.client.rest.chat",
    "AudioClip": "realtime_nb.audio.clip",
    "ChainedAgent": "realtime_nb.notebook.chained",
    "Chat": "realtime_nb.notebook",
    "EventLog": "realtime_nb.protocol.log.event_log",
    "PhoneLine": "realtime_nb.notebook.phone.line",
    "RealtimeLog": "realtime_nb.inspection",
    "RealtimeSession": "realtime_nb.client.session",
    "Recorder": "realtime_nb.widget",
    "SavedChat": "realtime_nb.notebook.saved.saved_chat",
    "attach": "realtime_nb.notebook.transports.attaching",
    "connect": "realtime_nb.client.connection",
    "create_client_secret": "realtime_nb.client.endpoints.ephemeral",
    "load_ipython_extension": "realtime_nb.notebook",
    "migrate": "realtime_nb.protocol.config.migrate",
    "open": "realtime_nb.notebook.saved.saved_chat",
    "resolve_endpoint": "realtime_nb.client.endpoints.endpoint",
    "side_by_side": "realtime_nb.notebook.comparing",
    "speak": "realtime_nb.client.rest.speech",
    "to_csv": "realtime_nb.inspection.spreadsheet",
    "tool": "realtime_nb.notebook.tools.binding",
    "transcribe": "realtime_nb.client.rest.transcription",
    "translate_audio": "realtime_nb.client.rest.transcription",
    "unload_ipython_extension": "realtime_nb.notebook",
}
# What has a longer name there.
_NAMES = {"open": "open_saved"}


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    return getattr(import_module(home), _NAMES.get(name, name))


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
