"""A sentence of ours as HTML."""

from __future__ import annotations

import re
from typing import Final

from realtime_nb.protocol.shown_text import inert

_CODE: Final = re.compile(r"`([^`\n]+)`")


def prose(text: str) -> str:
    """Return a text escaped, what stands between backticks in it as code."""
    return _CODE.sub(r"<code>\1</code>", inert(text))
