"""What a cell says to this package and not to the service: fields that are never sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.client.budget import valid_budget
from realtime_nb.errors import ConfigError, UsageError
from realtime_nb.notebook.cell.front_matter import Settings
from realtime_nb.protocol.config.field import Field
from realtime_nb.protocol.config.paths import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OFF: Final = ("none", "off", "null")

CELL_FIELDS: Final[Mapping[str, Field]] = {
    "budget": Field(
        path="budget",
        takes="USD, a number from 0; or none",
        default=None,
        low=0,
        clear="none",
        meaning=(
            "What this session may cost. Once that is spent no response is asked for, no sound is"
            " sent, and what the service begins by itself is cancelled; what is under way is"
            " finished, and billed. What has no known price is not counted. `chat.budget` is the"
            " same."
        ),
        source="this package: it is never sent",
    )
}
"""By the name one writes at the start of a line."""


def take_budget(settings: Settings, option: str | None, file: str = "") -> tuple[Settings, Any]:
    """Return the settings without the fields that are ours, and the budget they name.

    Parameters
    ----------
    settings
        As written.
    option
        The line's ``--budget``, None where there is none.
    file
        Of which file the settings are, ``""`` for the cell's own.

    Raises
    ------
    ConfigError
        With its line, for what is no amount.
    UsageError
        When the line and the front matter disagree.
    """
    budget = read_budget(settings.fields.get("budget", MISSING), settings.lines.get("budget"), file)
    said = _option(option)
    if said is not MISSING and budget is not MISSING and said != budget:
        raise UsageError(
            f"--budget {option} and `budget: {settings.fields['budget']}` disagree; keep one."
        )
    if any(name in settings.fields for name in CELL_FIELDS):
        fields = {k: v for k, v in settings.fields.items() if k not in CELL_FIELDS}
        settings = Settings(fields, settings.lines)
    return settings, budget if said is MISSING else said


def first_said(budgets: Iterable[Any]) -> Any:
    """Return the first budget that somebody named; `MISSING` when nobody did."""
    return next((one for one in budgets if one is not MISSING), MISSING)


def read_budget(written: Any, line: int | None = None, file: str = "") -> Any:
    """Return a budget as it was written: USD, None for no limit, `MISSING` where nothing is.

    Parameters
    ----------
    written
        An amount, ``none``, or `MISSING`.
    line, file
        Where it stands, for the error.

    Raises
    ------
    ConfigError
        For what is no amount.
    """
    if written is MISSING:
        return MISSING
    try:
        return valid_budget(None if _is_off(written) else written)
    except UsageError as error:
        place = " ".join(part for part in (file, f"line {line}" if line else "") if part)
        raise ConfigError(f"{place}: {error}" if place else str(error)) from None


def _option(option: str | None) -> Any:
    if option is None:
        return MISSING
    if _is_off(option):
        return None
    try:
        return valid_budget(float(option))
    except (ValueError, UsageError):
        raise UsageError(f"--budget {option}: write USD such as 0.50, or none.") from None


def _is_off(written: Any) -> bool:
    return isinstance(written, str) and written.strip().lower() in _OFF
