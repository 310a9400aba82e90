"""Whether a service has in force what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from realtime_nb.protocol.told import as_list

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a service takes and, being secret, does not tell again.
_UNTOLD: Final = frozenset({"authorization", "headers"})


def holds(told: Any, asked: Any) -> bool:
    """Return whether what a service told holds all that was asked for.

    Parameters
    ----------
    told
        The session object in force, or a value in it. It may hold more: what was left to the
        service's defaults.
    asked
        The config, or a value in it. Null is held by what leaves the field out.
    """
    if isinstance(asked, dict):
        fields = cast("Mapping[str, Any]", asked)
        if not isinstance(told, dict):
            return not fields
        known = cast("Mapping[str, Any]", told)
        return all(
            (name in _UNTOLD and name not in known) or holds(known.get(name), value)
            for name, value in fields.items()
        )
    if isinstance(asked, list | tuple):
        wanted = list(cast("list[Any]", asked))
        found = as_list(told)
        return len(wanted) == len(found) and all(map(holds, found, wanted))
    return told == asked
