"""IPython's side: loading, unloading, and the magics. The only room that imports IPython."""

from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.notebook.magics.extension import load_ipython_extension, unload_ipython_extension

__all__ = ["Chat", "load_ipython_extension", "unload_ipython_extension"]
