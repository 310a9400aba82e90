"""The models known, as data: what each takes, costs, and how long it stays.

A model that is not here may well exist; nothing is refused for being unknown.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.config.model import Model, Use
from realtime_nb.protocol.config.models_data import ROWS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MODELS", "Model", "Use", "find_model", "names_for"]

MODELS: Final[Mapping[str, Model]] = {row.name: row for row in ROWS}
"""Every model known, by name or by the beginning of its family's names."""

_FAMILIES: Final = tuple(row for row in ROWS if row.family)


def find_model(name: str) -> Model | None:
    """Return what is known of a model, None for one that is not known.

    Parameters
    ----------
    name
        A name of the table, one of its families (``gpt-4o-realtime-preview-2024-12-17``),
        or either with a date at its end.
    """
    known = MODELS.get(name)
    if known is not None:
        return known
    undated = re.sub(r"-\d{4}-\d{2}-\d{2}$", "", name)
    known = MODELS.get(undated)
    if known is None:
        known = next((m for m in _FAMILIES if name.startswith(f"{m.name}-")), None)
    return replace(known, name=name) if known is not None else None


def names_for(use: Use) -> tuple[str, ...]:
    """Return the names of the models for a use, without those with an end announced."""
    return tuple(m.name for m in MODELS.values() if m.use == use and m.shutdown is None)
