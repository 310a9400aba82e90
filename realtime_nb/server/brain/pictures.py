"""What the card brain tells of pictures: that it cannot see them, and what can be known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from realtime_nb.server.brain.skills import Scene
    from realtime_nb.server.pictures import Picture

_PICTURE: Final = "image|picture|photo|figure|plot|chart|graph|screenshot|diagram|this|that"
_ASKED: Final = re.compile(
    rf"\b(?:what|who|describe|tell|explain|read|look|see|show|which)\b.*\b(?:{_PICTURE})s?\b"
    r"|\bdo you see\b|\bcan you see\b",
    re.IGNORECASE | re.DOTALL,
)
_NAMED: Final = re.compile(
    r"\b(?:images?|pictures?|photos?|figures?|screenshots?|see)\b", re.IGNORECASE
)
_LONGEST_QUESTION: Final = 2_000  # characters looked at


def describe_pictures(scene: Scene) -> str | None:
    """Return what is known of the pictures asked about, None when nobody asks.

    Those of the newest message are meant; without any, those of the message before that has.
    """
    user = scene.request.last_user
    if user is None:
        return None
    question = user.text[:_LONGEST_QUESTION]
    if not _ASKED.search(question):
        return None
    if user.pictures:
        return tell_pictures(user.pictures)
    earlier = next((item.pictures for item in reversed(scene.request.items) if item.pictures), ())
    return tell_pictures(earlier) if earlier and _NAMED.search(question) else None


def tell_pictures(pictures: tuple[Picture, ...]) -> str:
    """Return what is known of pictures, in words."""
    cannot = "I cannot see pictures: I am a local practice voice, not a model."
    if not pictures:
        return cannot
    return f"You sent {' and '.join(picture.told() for picture in pictures)}. {cannot}"
