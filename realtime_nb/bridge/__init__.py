"""The tasks that join a page to a session: microphone up, answers down, flush on barge-in.

A bridge knows a session and a small view interface; it knows neither anywidget nor IPython.
Everything in it runs on the session's loop thread.
"""

from realtime_nb.bridge.bridge import Bridge
from realtime_nb.bridge.view import View

__all__ = ["Bridge", "View"]
