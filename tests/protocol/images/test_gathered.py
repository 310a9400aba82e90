"""The pictures of a conversation, from the events that told them."""

from __future__ import annotations

import numpy as np

from realtime_nb.protocol.events import Event
from realtime_nb.protocol.images import GatheredPictures, read_picture
from realtime_nb.protocol.images.gathered import UNREADABLE
from realtime_nb.protocol.log.event_log import Record


def created(item_id, *urls, kind="conversation.item.create"):
    content = [{"type": "input_image", "image_url": url} for url in urls]
    item = {"id": item_id, "type": "message", "role": "user", "content": content}
    return Record(0, 0.0, "sent", 0, Event({"type": kind, "item": item}))


def picture(size):
    return read_picture(np.random.default_rng(size).integers(0, 256, (size, size), np.uint8))


def test_a_picture_told_once_is_kept_when_its_item_is_told_without() -> None:
    held, one = GatheredPictures(), picture(4)
    assert held.add(created("a", one.url)) == {"a"}
    assert held.add(created("a", "", kind="conversation.item.added")) == frozenset()
    assert held.of("a", 0) == one
    assert held.facts("a", 0) == one.facts
    held.forget("a")
    assert held.of("a", 0) is None
    assert held.facts("a", 0) == ""


def test_the_oldest_go_when_there_is_no_room_and_are_told_still() -> None:
    made = [picture(40) for _ in range(5)]
    held = GatheredPictures(max_bytes=2 * len(made[0].data))
    for place, one in enumerate(made):
        held.add(created(f"item_{place}", one.url))
    assert [held.of(f"item_{place}", 0) is not None for place in range(5)] == [False] * 3 + [
        True
    ] * 2
    assert all(held.facts(f"item_{place}", 0) for place in range(5))


def test_what_cannot_be_read_is_told_as_that() -> None:
    held = GatheredPictures()
    held.add(created("a", "data:text/html,<script>", "data:image/png;base64,AAAA"))
    assert [held.facts("a", index) for index in (0, 1)] == [UNREADABLE] * 2
    assert held.of("a", 0) is None
