"""What is shown in a notebook: the only room that knows anywidget and ipywidgets."""

from realtime_nb.widget.call_output import CallOutput
from realtime_nb.widget.chat import ChatWidget
from realtime_nb.widget.events import EventsWidget, events_widget
from realtime_nb.widget.recorder import Recorder
from realtime_nb.widget.secret import SecretWidget
from realtime_nb.widget.stream_player import StreamPlayer
from realtime_nb.widget.timeline import TimelineWidget

__all__ = [
    "CallOutput",
    "ChatWidget",
    "EventsWidget",
    "Recorder",
    "SecretWidget",
    "StreamPlayer",
    "TimelineWidget",
    "events_widget",
]
