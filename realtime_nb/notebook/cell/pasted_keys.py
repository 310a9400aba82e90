"""Keys that somebody wrote into a cell: found before anything is done with the cell."""

from __future__ import annotations

import re
from typing import Final

from realtime_nb.errors import UsageError
from realtime_nb.protocol.credentials import KEYS

_NAMED: Final = re.compile(
    r"^[\s\"']*(?:openai_)?api[-_]?key[\"']?\s*[:=]\s*(?!\{\{)\S", re.IGNORECASE | re.MULTILINE
)

_OPTION: Final = re.compile(r"--(?:\w+[-_])*(?:key|token)[=\s]+(?!\{\{)\S", re.IGNORECASE)


def refuse_keys(line: str, body: str) -> None:
    """Refuse a cell that holds a key.

    Parameters
    ----------
    line, body
        The magic's line and what stands below it, as written.

    Raises
    ------
    UsageError
        With the line, what to do instead, and nothing of the key.
    """
    text = f"{line}\n{body}"
    found = KEYS.search(text) or _NAMED.search(text) or _OPTION.search(line)
    if found is None:
        return
    # What is found may begin with the line break before it.
    start = found.start() + len(found[0]) - len(found[0].lstrip())
    number = text.count("\n", 0, start) + 1
    raise UsageError(
        f"line {number} holds what looks like a key, and a saved notebook would keep it: set"
        " OPENAI_API_KEY before Jupyter starts, keep it in a keyring, or leave it out and be asked."
        " If it is a real key, revoke it."
    )
