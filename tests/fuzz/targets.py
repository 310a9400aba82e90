"""Everything that takes bytes from outside, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz import of_config, of_events, of_files, of_pages, of_phone, of_server

if TYPE_CHECKING:
    from tests.fuzz.running import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for room in (of_events, of_server, of_pages, of_config, of_files, of_phone)
    for target in room.TARGETS
}
