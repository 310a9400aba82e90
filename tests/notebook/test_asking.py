"""The hidden prompt for a key: where there is somebody to answer it."""

from __future__ import annotations

import getpass
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.notebook.magics.realtime import RealtimeMagics

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def asked(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks as the magics do; has the prompts shown and what is typed."""
    (magics,) = [one for one in shell.configurables if isinstance(one, RealtimeMagics)]
    place = SimpleNamespace(prompts=[], typed="sk-typed-123", ask=magics.ask_for_key)

    def prompt(text: str) -> str:
        place.prompts.append(text)
        if isinstance(place.typed, BaseException):
            raise place.typed
        return place.typed

    monkeypatch.setattr(getpass, "getpass", prompt)
    return place


@pytest.mark.parametrize("allowed", [True, False])
def test_a_kernel_asks_where_its_front_end_answers(
    asked: Any, shell: Any, monkeypatch: pytest.MonkeyPatch, *, allowed: bool
) -> None:
    monkeypatch.setattr(shell, "kernel", SimpleNamespace(_allow_stdin=allowed), raising=False)
    assert asked.ask("Key? ") == ("sk-typed-123" if allowed else None)
    assert asked.prompts == (["Key? "] if allowed else [])


@pytest.mark.parametrize("terminal", [True, False])
def test_without_a_kernel_the_terminal_is_asked(
    asked: Any, monkeypatch: pytest.MonkeyPatch, *, terminal: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(closed=False, isatty=lambda: terminal))
    assert asked.ask("Key? ") == ("sk-typed-123" if terminal else None)


def test_who_ends_the_input_gives_none(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(closed=False, isatty=lambda: True))
    asked.typed = EOFError()
    assert asked.ask("Key? ") is None
    monkeypatch.setattr(sys, "stdin", None)
    assert asked.ask("Key? ") is None


def test_who_interrupts_the_question_is_told_in_one_line(
    asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(closed=False, isatty=lambda: True))
    asked.typed = KeyboardInterrupt()
    with pytest.raises(UsageError, match="no key was typed"):
        asked.ask("Key? ")
