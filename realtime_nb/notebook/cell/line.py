"""What the line of a `%%realtime` cell may ask for, and what holds where it asks for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

from realtime_nb.notebook.cell.request import Options

DEFAULT_NAME: Final = "chat"


class Settings(Protocol):
    """What ``%config RealtimeMagics`` sets; read anew each time a cell runs."""

    endpoint: Any
    model: Any
    endpoints_file: Any
    transcriber: Any
    reply_timeout: Any
    transport: Any
    restore: Any


@dataclass(frozen=True, slots=True)
class CellOptions(Options):
    """The line of a `%%realtime` cell."""

    name: str = DEFAULT_NAME
    endpoint: str | None = None
    check: bool = True
    restart: bool = False
    keep: bool = False
    agent: str | None = None
    transport: str | None = None
    direct: bool = False
    phone: str | None = None
