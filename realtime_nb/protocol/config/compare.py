"""What was asked for, beside what is in force: a verdict for every field.

The service refuses an update in silence as far as most clients can tell, and fills in what
nobody said. This is made from its own report and from nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from realtime_nb.protocol.config.compare_notes import (
    additions,
    clear,
    differences,
    service_note,
)
from realtime_nb.protocol.config.paths import MISSING, get
from realtime_nb.protocol.config.units import Match, match, units
from realtime_nb.protocol.credentials import hide_credentials

Verdict: TypeAlias = Literal[
    "applied",
    "completed",
    "changed by the service",
    "not reported",
    "refused",
    "not confirmed",
    "set by the service",
    "from the prompt",
    "still in force",
    "unchanged",
]

Origin: TypeAlias = Literal["cell", "default", "prompt", "service"]

MATTERS: Final = (
    "model",
    "instructions",
    "output_modalities",
    "truncation",
    "audio.input.turn_detection",
    "audio.input.transcription",
    "audio.output.voice",
    "audio.output.language",
)
"""Fields that are shown even when nobody asked for them."""

# Fields of the connection: a stored prompt has none of them.
_NOT_OF_A_PROMPT: Final = frozenset({"model", "prompt", "tracing", "include", "truncation"})

_REPLY_ONLY: Final = frozenset({"id", "object", "expires_at", "client_secret"})


@dataclass(frozen=True, slots=True)
class Row:
    """One field of the table.

    Attributes
    ----------
    path
        The field's place in the GA shape.
    requested
        What was asked for; `MISSING` where nobody did.
    effective
        What is in force, as the service reported it; `MISSING` where it did not.
    was
        What was in force before; `MISSING` at first.
    verdict
        In two words.
    note
        What there is to add; may be ``""``.
    origin
        Who set it: the cell, the notebook's defaults, a stored prompt, or the service.
    """

    path: str
    requested: Any
    effective: Any
    was: Any
    verdict: Verdict
    note: str = ""
    origin: Origin = "cell"


def compare(  # noqa: PLR0913 -- each is one fact of the run, by name
    requested: Mapping[str, Any],
    effective: Mapping[str, Any] | None,
    *,
    before: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
    dropped: Collection[str] = (),
    refused: str = "",
    prompt: bool = False,
    created: Mapping[str, Any] | None = None,
) -> list[Row]:
    """Return a row for every field that was asked for, and for those that matter anyway.

    Parameters
    ----------
    requested
        The config asked for in the GA shape, the notebook's defaults included.
    effective
        The session object the service last reported; None when it never did.
    before
        The one in force before this update; None for the first of a session.
    defaults
        The part of `requested` that its author did not write.
    dropped
        Paths that the author asked for last time, and not now.
    refused
        The service's error, where it refused the update.
    prompt
        Whether a stored prompt is asked for; `requested` says so too.
    created
        The session as it was created, before the first update: what differs from it
        though nobody asked came from the prompt.

    Returns
    -------
    list of Row
        Those asked for in their order, then those dropped, then what the service set.
    """
    table = _Table(
        effective=effective,
        before=before,
        baseline=before if before is not None else created,
        defaults=defaults or {},
        refused=refused,
        prompt=prompt or isinstance(requested.get("prompt"), Mapping),
    )
    asked = dict(units(requested))
    rows = [*table.type_row(requested.get("type", MISSING))]
    rows += [table.asked(path, value) for path, value in asked.items()]
    rows += table.dropped(path for path in dropped if path not in asked)
    return rows + list(table.unasked({row.path for row in rows}))


@dataclass(frozen=True, slots=True)
class _Table:
    """The facts of one run, from which each row is told."""

    effective: Mapping[str, Any] | None
    before: Mapping[str, Any] | None
    baseline: Mapping[str, Any] | None
    defaults: Mapping[str, Any]
    refused: str
    prompt: bool

    def _now(self, path: str) -> Any:
        return MISSING if self.effective is None else get(self.effective, path)

    def _was(self, path: str) -> Any:
        return MISSING if self.before is None else get(self.before, path)

    def type_row(self, kind: Any) -> Iterator[Row]:
        """Tell the type only where the service refuses it or has another."""
        now = self._now("type")
        if self._names("type"):
            yield Row("type", kind, now, self._was("type"), "refused", self.refused)
        elif kind is not MISSING and now not in (MISSING, kind):
            note = "the kind of a session is fixed when it is connected"
            yield Row("type", kind, now, self._was("type"), "changed by the service", note)

    def asked(self, path: str, value: Any) -> Row:
        """Tell a unit that was asked for."""
        now, was = self._now(path), self._was(path)
        verdict, note = self._verdict(path, value, now, was)
        default = get(self.defaults, path)
        origin: Origin = "default" if default is not MISSING and default == value else "cell"
        wins = origin == "cell" and self.prompt and path not in _NOT_OF_A_PROMPT
        if wins and verdict in {"applied", "completed", "unchanged"}:
            note = "; ".join(part for part in (note, "wins over the prompt's") if part)
        shown = hide_credentials(value) if path == "tools" else value
        return Row(path, shown, now, was, verdict, note, origin)

    def _verdict(self, path: str, value: Any, now: Any, was: Any) -> tuple[Verdict, str]:
        if self.refused:
            return self._of_refusal(path, value, now)
        if self.effective is None:
            return "not confirmed", "the service has not reported its session"
        if now is MISSING and value not in (None, "", []):
            return "not reported", "the service's session does not hold it"
        if path == "model" and _is_snapshot(value, now):
            return "completed", "the snapshot behind the name"
        return _of_report(path, match(value, None if now is MISSING else now), now, was)

    def _names(self, path: str) -> bool:
        """Whether the service's error names a field or a part of it."""
        return re.search(rf"\bsession\.{re.escape(path)}(?!\w)", self.refused) is not None

    def _of_refusal(self, path: str, value: Any, now: Any) -> tuple[Verdict, str]:
        if self._names(path):
            return "refused", self.refused
        if now is not MISSING and match(value, now).covered:
            return "unchanged", "in force already"
        return "refused", "the service threw the whole update away"

    def dropped(self, paths: Iterator[str]) -> Iterator[Row]:
        """Tell what was asked for once and is in force without being asked for now."""
        for path in paths:
            now = self._now(path)
            # What was cleared once needs no clearing.
            if now is not MISSING and now not in (None, "", []):
                note = f"leaving it out does not clear it; {clear(path)}"
                yield Row(path, MISSING, now, self._was(path), "still in force", note)

    def unasked(self, told: Collection[str]) -> Iterator[Row]:
        """Tell what nobody asked for: what matters, and what changed all the same."""
        for path, now in units(self.effective or {}):
            if path in _REPLY_ONLY or any(_inside(one, path) for one in told):
                continue
            known = MISSING if self.baseline is None else get(self.baseline, path)
            changed = self.baseline is not None and known != now
            if not changed and path not in MATTERS:
                continue
            was = self._was(path)
            note = service_note(path, now, first=self.before is None)
            if changed and self.prompt and path not in _NOT_OF_A_PROMPT:
                note = "" if path == "instructions" else note
                yield Row(path, MISSING, now, was, "from the prompt", note, "prompt")
            elif was is not MISSING and not changed:
                yield Row(path, MISSING, now, was, "unchanged", note, "service")
            else:
                yield Row(path, MISSING, now, was, "set by the service", note, "service")


def _inside(path: str, unit: str) -> bool:
    return path == unit or path.startswith((f"{unit}.", f"{unit}["))


def _of_report(path: str, answer: Match, now: Any, was: Any) -> tuple[Verdict, str]:
    """Return the verdict on what the service reported for a field."""
    if answer.differing:
        return "changed by the service", differences(path, answer)
    if answer.untold:
        listed = ", ".join(f"`{part}`" for part in answer.untold)
        return "not reported", f"the service does not tell {listed} again"
    if was is not MISSING and was == now:
        return "unchanged", ""
    if answer.added:
        return "completed", additions(now, was, answer)
    return "applied", ""


def _is_snapshot(asked: Any, got: Any) -> bool:
    """Whether a dated name stands for the one without its date."""
    if not isinstance(asked, str) or not isinstance(got, str):
        return False
    return re.fullmatch(re.escape(asked) + r"-\d{4}-\d{2}-\d{2}", got) is not None
