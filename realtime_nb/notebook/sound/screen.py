"""Where the cells of sound show things: a notebook's page, or a terminal."""

from __future__ import annotations

import secrets
from typing import Any, Protocol


class Screen(Protocol):
    """Shows values below the cell that runs."""

    @property
    def has_pages(self) -> bool:
        """Whether what is shown may be changed later."""
        ...

    @property
    def can_play(self) -> bool:
        """Whether somebody looks at a page that can play."""
        ...

    def show(self, bundle: dict[str, Any], place: str) -> None:
        """Show a mime bundle under a display id."""
        ...

    def replace(self, bundle: dict[str, Any], place: str) -> None:
        """Put another bundle in the place of what was shown under a display id."""
        ...

    def cell(self) -> str:
        """Return what names the cell that runs; ``""`` where nothing does."""
        ...

    def run(self) -> str:
        """Return what names this run of it; ``""`` where nothing does."""
        ...


class NotebookScreen:
    """The page of a shell with a kernel; may be used from any thread."""

    has_pages = True

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    @property
    def can_play(self) -> bool:
        """Whether somebody looks on: who executes a notebook without a page answers nothing."""
        return bool(getattr(self._shell.kernel, "_allow_stdin", False))

    def show(self, bundle: dict[str, Any], place: str) -> None:
        """Show a mime bundle under a display id."""
        self._shell.display_pub.publish(bundle, {}, transient={"display_id": place})

    def replace(self, bundle: dict[str, Any], place: str) -> None:
        """Put another bundle in its place."""
        publish = self._shell.display_pub.publish
        publish(bundle, {}, transient={"display_id": place}, update=True)

    def cell(self) -> str:
        """Return the id that the front end gives the cell."""
        try:
            metadata = self._shell.get_parent().get("metadata", {})
            return str(metadata.get("cellId", ""))
        except AttributeError:  # an older kernel, or a front end that tells nothing
            return ""

    def run(self) -> str:
        """Return the id of the request to run it."""
        try:
            return str(self._shell.get_parent().get("header", {}).get("msg_id", ""))
        except AttributeError:
            return ""


class TerminalScreen:
    """A terminal: what was printed stays."""

    has_pages = False
    can_play = False

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def show(self, bundle: dict[str, Any], place: str) -> None:
        """Print the text of a bundle."""
        del place
        if bundle.get("text/plain"):
            self._shell.display_pub.publish({"text/plain": bundle["text/plain"]}, {})

    def replace(self, bundle: dict[str, Any], place: str) -> None:
        """Print nothing: nothing printed can be taken back."""

    def cell(self) -> str:
        """Return ``""``."""
        return ""

    def run(self) -> str:
        """Return ``""``."""
        return ""


def screen_of(shell: Any) -> Screen:
    """Return the screen of a shell."""
    return (
        TerminalScreen(shell) if getattr(shell, "kernel", None) is None else NotebookScreen(shell)
    )


def new_place() -> str:
    """Return a display id that nobody else has."""
    return f"realtime_nb-{secrets.token_hex(8)}"
