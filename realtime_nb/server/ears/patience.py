"""How long semantic turn detection waits in a silence: a rule over the words heard so far.

Nothing here understands language. A person who stops after "and", "to" or "um" is going
to say more, so the full maximum wait of the eagerness applies; one who stops after a
short answer or a whole sentence's worth of words is done; of anything else we cannot
tell and wait somewhere between.
"""

from __future__ import annotations

import re
from typing import Final, Literal

Outlook = Literal["finished", "unsure", "unfinished"]

# ms to wait by eagerness; the last column is the service's documented maximum.
_WAIT_MS: Final[dict[str, dict[Outlook, float]]] = {
    "high": {"finished": 200.0, "unsure": 500.0, "unfinished": 2_000.0},
    "medium": {"finished": 350.0, "unsure": 900.0, "unfinished": 4_000.0},
    "low": {"finished": 700.0, "unsure": 2_000.0, "unfinished": 8_000.0},
}

_LEADS_ON: Final = frozenset(
    """a an the my your his her its our their this that these those
    and or but because so if when while although than then
    to of in on at for from with by about into over under between without
    is are was were am be will would can could should do does did has have had
    what which who where how not very more plus minus times divided
    um uh er erm hmm well like i you we they he she let's lets please""".split()  # noqa: SIM905 -- words read better unquoted
)
_SHORT_ANSWERS: Final = frozenset(
    """yes no yeah nope okay ok thanks hello hi hey goodbye bye stop help sure right
    correct wrong repeat again""".split()  # noqa: SIM905 -- as above
)
_SENTENCE_WORDS = 3


def outlook(text: str) -> Outlook:
    """Return whether the words heard so far look like a finished turn."""
    words = re.findall(r"[a-z']+|\d+", text.lower())
    if not words:
        return "unsure"
    if words[-1] in _SHORT_ANSWERS:
        return "finished"
    if words[-1] in _LEADS_ON:
        return "unfinished"
    return "finished" if len(words) >= _SENTENCE_WORDS else "unsure"


def semantic_patience_ms(eagerness: str, text: str) -> float:
    """Return how long a silence must last to end the turn, in ms.

    Parameters
    ----------
    eagerness
        ``low``, ``medium``, ``high`` or ``auto`` (which acts as medium).
    text
        What was recognised so far; empty when nothing was.
    """
    waits = _WAIT_MS.get(eagerness, _WAIT_MS["medium"])
    return waits[outlook(text)]
