"""Completion in ``%%realtime`` cells and those of sound, as a matcher of IPython's completer."""

# IPython's decorator has no types.
# pyright: reportUntypedFunctionDecorator=false, reportUnknownVariableType=false

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from realtime_nb.audio.clip import AudioClip
from realtime_nb.errors import RealtimeError
from realtime_nb.notebook.cell.suggest import Known, suggest
from realtime_nb.notebook.sound.suggesting import KnownSounds, Option, suggest_for_sound

if TYPE_CHECKING:
    from collections.abc import Callable

_IDENTIFIER: Final = "realtime_nb"
_MAGIC: Final = "realtime"
_OF_SOUND: Final = ("audio_chat", "speak", "transcribe", "translate_audio")
_MOST_NAMES: Final = 10_000
_BUILT_IN: Final = ("local", "openai", "azure")


def register(shell: Any) -> None:
    """Complete ``%%realtime`` cells of this shell; registering twice is fine."""
    unregister(shell)
    shell.Completer.custom_matchers.append(_matcher(shell))


def unregister(shell: Any) -> None:
    """Take the completion away again."""
    matchers = shell.Completer.custom_matchers
    matchers[:] = [one for one in matchers if getattr(one, "matcher_identifier", "") != _IDENTIFIER]


def _matcher(shell: Any) -> Callable[[CompletionContext], SimpleMatcherResult]:
    @context_matcher(identifier=_IDENTIFIER)
    def complete(context: CompletionContext) -> SimpleMatcherResult:
        found = None
        if f"%{_MAGIC}" in context.full_text:
            found = suggest(context.full_text, _cursor(context), _known(shell))
        elif any(f"%{name}" in context.full_text for name in _OF_SOUND):
            found = suggest_for_sound(context.full_text, _cursor(context), _known_sounds(shell))
        if found is None:
            return SimpleMatcherResult(completions=[])
        return SimpleMatcherResult(
            completions=[SimpleCompletion(word, type=found.kind) for word in found.words],
            matched_fragment=found.fragment,
            # What Python would say here is about a program, and this is none.
            suppress=True,
            ordered=True,
        )

    return complete


def _cursor(context: CompletionContext) -> int:
    """Return the cursor's place in the whole text: IPython gives line and column."""
    above = context.full_text.split("\n")[: context.cursor_line]
    return sum(len(line) + 1 for line in above) + context.cursor_position


def _known(shell: Any) -> Known:
    magic = shell.find_cell_magic(_MAGIC)
    parser = getattr(magic, "parser", None)
    options: dict[str, bool] = {}
    for action in getattr(parser, "_actions", ()):
        for name in action.option_strings:
            if name.startswith("--"):
                options[name] = action.nargs == 0
    magics = getattr(magic, "__self__", None)
    return Known(
        options=tuple(options),
        flags=frozenset(name for name, is_flag in options.items() if is_flag),
        endpoints=lambda: _endpoints(getattr(magics, "endpoints_file", "")),
        chats=tuple(getattr(magics, "known_chats", ())),
        lines=_lines(),
    )


def _known_sounds(shell: Any) -> KnownSounds:
    magics = {
        name: shell.find_cell_magic(name) or shell.find_line_magic(name) for name in _OF_SOUND
    }
    owner = getattr(magics["audio_chat"], "__self__", None)
    realtime = getattr(shell.find_cell_magic(_MAGIC), "__self__", None)
    return KnownSounds(
        options={name: _options(getattr(magic, "parser", None)) for name, magic in magics.items()},
        sounds=lambda: _sounds(shell.user_ns),
        endpoints=lambda: _endpoints(getattr(realtime, "endpoints_file", "")),
        conversations=getattr(owner, "conversations", ()),
    )


def _options(parser: Any) -> dict[str, Option]:
    return {
        name: Option(
            tuple(action.choices or ()),
            is_flag=action.nargs == 0,
            repeats=type(action).__name__ == "_AppendAction",
        )
        for action in getattr(parser, "_actions", ())
        for name in action.option_strings
        if name.startswith("--")
    }


def _sounds(names: dict[str, Any]) -> tuple[str, ...]:
    """Return the variables that hold sound; a property of the author's own is not asked."""
    found: list[str] = []
    for name, value in list(names.items())[:_MOST_NAMES]:
        if name.startswith("_"):
            continue
        kind: type[Any] = type(value)
        if kind is AudioClip or (
            kind.__module__.startswith("realtime_nb.") and hasattr(kind, "clip")
        ):
            found.append(name)
    return tuple(found)


def _lines() -> tuple[str, ...]:
    """Return the names of the telephone lines; none where nobody has asked for one."""
    lines = sys.modules.get("realtime_nb.notebook.phone.line")
    return () if lines is None else tuple(line.name for line in lines.open_lines())


def _endpoints(file: str) -> tuple[str, ...]:
    # Imported here: it is about a file that few have.
    from pathlib import Path  # noqa: PLC0415

    from realtime_nb.client.endpoints.named import named_endpoints  # noqa: PLC0415

    try:
        return (*_BUILT_IN, *named_endpoints(Path(file) if file else None))
    except RealtimeError:
        return _BUILT_IN  # what is wrong with the file is said when a cell runs
