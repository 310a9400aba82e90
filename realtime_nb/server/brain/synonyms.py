"""Words that mean the same when somebody asks about data."""

from __future__ import annotations

import re
from typing import Final

_SAME: Final = {
    "average": "mean",
    "avg": "mean",
    "highest": "max",
    "largest": "max",
    "biggest": "max",
    "maximum": "max",
    "most": "max",
    "lowest": "min",
    "smallest": "min",
    "minimum": "min",
    "least": "min",
    "total": "sum",
    "chart": "plot",
    "graph": "plot",
    "draw": "plot",
    "diagram": "plot",
    "record": "row",
    "line": "row",
    "per": "by",
}
_HOW_MANY: Final = re.compile(r"\bhow many\b", re.IGNORECASE)


def same_words(text: str) -> list[str]:
    """Return the words of a text in lower case, each as the one that stands for its like."""
    words = re.findall(r"[^\W_]+", _HOW_MANY.sub("count", text).lower())
    return [stem(word) for word in words]


def stem(word: str) -> str:
    """Return a word without its ending, as the one that stands for its like."""
    bare = re.sub(r"(?<=\w\w)ing$", "", re.sub(r"(?<=\w\w)s$", "", word))
    return _SAME.get(word, _SAME.get(bare, bare))
