"""What is shown in a notebook: the only room that knows anywidget and ipywidgets."""

from realtime_nb.widget.chat import ChatWidget

__all__ = ["ChatWidget"]
