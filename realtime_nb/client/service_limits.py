"""What the service says that it takes no more of, refused before it is sent.

Only limits that the service states are here; what it does not state is left to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.kinds import APPENDS
from realtime_nb.errors import UsageError
from realtime_nb.protocol.config.check_values import check_metadata
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LARGEST_APPEND: Final = 15 * 2**20
"""Characters of base64 in one append."""

LONGEST_EVENT_ID: Final = 512
"""Characters."""


def check_limits(event: Mapping[str, Any]) -> None:
    """Look at an event that is to be sent.

    Raises
    ------
    UsageError
        When the service would refuse it for its size: a sound of more than 15 MiB, an id of
        more than 512 characters, or a response's metadata.
    """
    kind, event_id = event["type"], event.get("event_id")
    if isinstance(event_id, str) and len(event_id) > LONGEST_EVENT_ID:
        raise UsageError(
            f"the event_id of {kind} has {len(event_id):,} characters, and the service takes"
            f" {LONGEST_EVENT_ID}; leave it out, or shorten it"
        )
    if kind in APPENDS:
        audio = event.get("audio")
        if isinstance(audio, str) and len(audio) > LARGEST_APPEND:
            raise UsageError(
                f"{kind} has {len(audio) / 2**20:.0f} MiB of sound, and the service takes 15 MiB"
                " at once; send it in parts, or write session.listen(clip)"
            )
    elif kind == "response.create":
        metadata = as_object(event.get("response")).get("metadata")
        for problem in check_metadata(metadata, "response.metadata"):
            raise UsageError(problem.message)


def in_appends(audio: str) -> Iterator[str]:
    """Yield base64 in parts that fit an append; each but the last is whole samples of PCM16."""
    for first in range(0, max(len(audio), 1), LARGEST_APPEND):
        yield audio[first : first + LARGEST_APPEND]
