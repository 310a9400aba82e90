"""A notebook's page for tests: what is shown, and what takes its place."""

from __future__ import annotations

from typing import Any


class Page:
    """Keeps every bundle that stands below a cell, and all that ever stood there."""

    has_pages = True
    can_play = False

    def __init__(self) -> None:
        self.outputs: dict[str, dict[str, Any]] = {}
        self.seen: list[dict[str, Any]] = []

    def show(self, bundle: dict[str, Any], place: str) -> None:
        assert place not in self.outputs
        self.outputs[place] = bundle
        self.seen.append(bundle)

    def replace(self, bundle: dict[str, Any], place: str) -> None:
        assert place in self.outputs
        self.outputs[place] = bundle
        self.seen.append(bundle)

    def cell(self) -> str:
        return ""

    def run(self) -> str:
        return ""

    @property
    def last(self) -> dict[str, Any]:
        return list(self.outputs.values())[-1]
