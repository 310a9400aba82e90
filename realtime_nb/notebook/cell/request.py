"""What a `%%realtime` cell asks for, put together from its line, its text and its files."""

from __future__ import annotations

import re
import tomllib
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.errors import ConfigError, UsageError
from realtime_nb.notebook.cell.fields import first_said, take_budget
from realtime_nb.notebook.cell.front_matter import Settings, read_settings
from realtime_nb.notebook.cell.reading import read_cell
from realtime_nb.notebook.tools.binding import bind_tools
from realtime_nb.protocol.config.paths import MISSING, get, merge, put
from realtime_nb.protocol.config.read import read_config
from realtime_nb.protocol.told import as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from realtime_nb.protocol.config.problem import Problem, SessionKind
    from realtime_nb.protocol.config.read import Draft

_DETECTION: Final = "audio.input.turn_detection"
_OF_EITHER: Final = frozenset({"create_response", "interrupt_response"})
_LARGEST_FILE: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Options:
    """The line of a `%%realtime` cell, as far as it says what to ask for."""

    model: str | None = None
    instructions_from: str | None = None
    config: str | None = None
    budget: str | None = None


def _no_functions() -> dict[str, Callable[..., Any]]:
    return {}


@dataclass(frozen=True, slots=True)
class Request:
    """A session as its author wants it.

    Attributes
    ----------
    config
        In the GA shape, with `type`, and `model` where the cell or its line names one.
    kind
        Which of the three sessions it is.
    problems
        What was wrong in reading it.
    budget
        What the session may cost, in USD, None for no limit; `MISSING` where nothing is said.
        It is none of the config: the service is never told.
    functions
        Those among `tools`, by tool name: what runs when the model calls them.
    """

    config: dict[str, Any]
    kind: SessionKind
    problems: tuple[Problem, ...] = ()
    budget: Any = MISSING
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=_no_functions)
    _sources: tuple[_Source, ...] = field(default=(), repr=False)
    _on_line: str = field(default="", repr=False)

    @property
    def model(self) -> Any:
        """The model of the session as written, None where the author names none."""
        return self.config.get("model")

    def written(self, path: str) -> str:
        """Return how the author wrote a field, or the nearest above it; ``""`` when not."""
        return next((name for one in self._sources if (name := one.draft.written(path))), "")

    def wrote(self, path: str) -> bool:
        """Return whether the author wrote this very field."""
        return any(path in source.draft.origins for source in self._sources)

    def upon(self, effective: Mapping[str, Any]) -> Request:
        """Return the request as it is meant in a live session.

        ``turn_detection: {create_response: false}`` fits either kind of detection: it is
        meant for the one in force.
        """
        asked, now = get(self.config, _DETECTION), get(effective, _DETECTION)
        if not isinstance(asked, dict) or not isinstance(now, dict):
            return self
        detection = cast("dict[str, Any]", asked)
        parts = detection.keys() - {"type"}
        if not parts or parts - _OF_EITHER or self.wrote(f"{_DETECTION}.type"):
            return self
        config = deepcopy(self.config)
        put(config, _DETECTION, {**detection, "type": cast("dict[str, Any]", now).get("type")})
        return replace(self, config=config)

    def where(self, path: str) -> str:
        """Return where the author wrote a field: ``line 4``; ``""`` when nowhere."""
        for source in self._sources:
            if place := source.where(path):
                return place
        return "line 1" if path and path == self._on_line else ""


@dataclass(frozen=True, slots=True)
class _Source:
    """A draft and where its lines stand: in the cell, or in the file of that name."""

    draft: Draft
    lines: Mapping[str, int]
    file: str = ""

    def where(self, path: str) -> str:
        # What reading itself found names a place as it was written.
        written = self.draft.written(path) or path
        while written and written not in self.lines:
            above = re.sub(r"(^|\.)[^.\[]*$|\[\d+\]$", "", written)
            # A name may hold brackets of its own, which are no place in a list.
            written = above if above != written else ""
        line = self.lines.get(written)
        if line is None:
            return ""
        return f"{self.file} line {line}" if self.file else f"line {line}"


def read_request(
    options: Options,
    body: str,
    *,
    evaluate: Callable[[str], Any] | None = None,
    names: Mapping[str, Any] | None = None,
) -> Request:
    """Read a cell.

    Parameters
    ----------
    options
        Its line.
    body
        Its text.
    evaluate
        Gives the value of ``{{expression}}``.
    names
        The notebook's variables, where tools are looked up.

    Raises
    ------
    ConfigError
        When it cannot be read; with line and column. What it says is not checked here.
    UsageError
        When a file cannot be read, or two places say the same.
    """
    cell = read_cell(body, evaluate)
    settings, budget = take_budget(cell.settings, options.budget)
    settings = _with_text(settings, cell.instructions, cell.text_line, options)
    settings, functions = _with_tools(settings, names)
    sources = [_Source(read_config(settings.fields), settings.lines)]
    if options.config is not None:
        source, of_file, more = _config_file(options.config, names)
        functions = more | functions
        sources.append(source)
        budget = first_said((budget, of_file))
    config: dict[str, Any] = {}
    for source in reversed(sources):
        config = _over(config, source)
    kind = _kind(sources)
    model_place = _put_model(config, options.model, kind)
    return Request(
        config=config,
        kind=kind,
        problems=tuple(problem for source in sources for problem in source.draft.problems),
        budget=budget,
        functions=_those_in(config, functions),
        _sources=tuple(sources),
        _on_line=model_place if options.model else "",
    )


def _over(base: dict[str, Any], source: _Source) -> dict[str, Any]:
    laid = dict(source.draft.config)
    if "type" in base and not source.draft.written("type"):
        # The reader adds the type that was not written.
        del laid["type"]
    return merge(base, laid)


def _kind(sources: list[_Source]) -> SessionKind:
    for source in sources:
        if source.draft.written("type"):
            return source.draft.kind
    return sources[0].draft.kind


def _with_text(settings: Settings, text: str, line: int, options: Options) -> Settings:
    """Return the settings with the instructions among them, from wherever they come."""
    places = {"the text of the cell": text, "`instructions:`": settings.fields.get("instructions")}
    if options.instructions_from is not None:
        places["--instructions-from"] = options.instructions_from
    given = [place for place, value in places.items() if value]
    if len(given) > 1:
        raise UsageError(f"the instructions stand twice, in {' and '.join(given)}; keep one.")
    if options.instructions_from is not None:
        text, line = _read_file(options.instructions_from, "--instructions-from").strip(), 1
    if not text:
        return settings
    if isinstance(settings.fields.get("session"), dict):
        # A whole event was pasted: the text joins the session in it.
        session = {**settings.fields["session"], "instructions": text}
        fields = {**settings.fields, "session": session}
        return Settings(fields, {**settings.lines, "session.instructions": line})
    return Settings(
        {**settings.fields, "instructions": text}, {**settings.lines, "instructions": line}
    )


def _with_tools(
    settings: Settings, names: Mapping[str, Any] | None, file: str = ""
) -> tuple[Settings, dict[str, Callable[..., Any]]]:
    """Return the settings with their tools defined, before anything is read of them.

    And the functions among the tools, by tool name.
    """
    fields = settings.fields
    place = "session.tools" if isinstance(fields.get("session"), dict) else "tools"
    written = get(fields, place)
    if names is None or written is MISSING:
        return settings, {}
    try:
        tools, functions = bind_tools(written, names)
    except ConfigError as error:
        line = settings.lines.get(place)
        where = " ".join(part for part in (file, f"line {line}" if line else "") if part)
        raise ConfigError(f"{where}: {error}" if where else str(error)) from None
    return Settings(_put_in(fields, place.split("."), tools), settings.lines), functions


def _those_in(
    config: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]
) -> dict[str, Callable[..., Any]]:
    """Return the functions whose definitions are in the config: a cell's tools hide a file's."""
    tools = config.get("tools")
    listed = as_list(tools)
    names = {cast("dict[str, Any]", one).get("name") for one in listed if isinstance(one, dict)}
    return {name: function for name, function in functions.items() if name in names}


def _put_in(fields: dict[str, Any], names: Sequence[str], value: Any) -> dict[str, Any]:
    """Return a copy with `value` in place of what stands there; the author's own stays."""
    first, *rest = names
    return {**fields, first: _put_in(fields[first], rest, value) if rest else value}


def _config_file(
    name: str, names: Mapping[str, Any] | None
) -> tuple[_Source, Any, dict[str, Callable[..., Any]]]:
    """Return what a file asks for, the budget it names, and its functions."""
    text = _read_file(name, "--config")
    if name.endswith(".toml"):
        try:
            settings = Settings(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{name} is not TOML: {error}") from None
    else:
        try:
            settings = read_settings(text, 1, what="the file")
        except ConfigError as error:
            raise ConfigError(f"{name}, {error}") from None
    file = Path(name).name
    settings, budget = take_budget(settings, None, file)
    settings, functions = _with_tools(settings, names, file)
    return _Source(read_config(settings.fields), settings.lines, file=file), budget, functions


def _read_file(name: str, option: str) -> str:
    try:
        path = Path(name).expanduser()
        if path.stat().st_size > _LARGEST_FILE:
            raise UsageError(f"{option} {name}: the file is larger than 8 MiB.")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"{option} {name}: there is no such file in {Path.cwd()}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{option} {name}: the file is not text in UTF-8.") from None
    except OSError as error:
        raise UsageError(f"{option} {name}: {error.strerror or error}.") from None
    except (RuntimeError, ValueError) as error:  # ~nobody, a null in the name
        raise UsageError(f"{option} {name!r}: {str(error).rstrip('.')}.") from None


def _put_model(config: dict[str, Any], option: str | None, kind: SessionKind) -> str:
    """Put the line's model where this kind of session has it; return where that is."""
    place = "audio.input.transcription.model" if kind == "transcription" else "model"
    written = get(config, place)
    model = _one_model(option, None if written is MISSING else written)
    if model:
        put(config, place, model)
    return place


def _one_model(option: str | None, written: Any) -> Any:
    if option and written and option != written:
        raise UsageError(f"--model {option} and `model: {written}` disagree; keep one.")
    return option or written
