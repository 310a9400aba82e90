"""What a chat completion counts and costs: the same prices as elsewhere, under other names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from realtime_nb.protocol.cost.prices import Price, price, read_usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.protocol.cost.prices import Usage


def read_chat_usage(told: Mapping[str, Any] | None) -> Usage | None:
    """Return what the `usage` object of a chat completion says; None where there is none.

    Parameters
    ----------
    told
        With ``prompt_tokens``, ``completion_tokens`` and their ``…_details``.
    """
    if not told:
        return None
    names = {
        "input_tokens": "prompt_tokens",
        "output_tokens": "completion_tokens",
        "input_token_details": "prompt_tokens_details",
        "output_token_details": "completion_tokens_details",
    }
    return read_usage({ours: told[theirs] for ours, theirs in names.items() if theirs in told})


def chat_price(told: Mapping[str, Any] | None, model: str, *, practice: bool = False) -> Price:
    """Return what a chat completion costs.

    Parameters
    ----------
    told
        Its `usage` object; None where there is none.
    model
        The model that answered.
    practice
        Whether the practice server did, which is free of charge.
    """
    if practice:
        return Price(0.0)
    found = price(read_chat_usage(told), model)
    # Counts that are none, or none of them above zero: that is no gift of the service's.
    return found if found.usd != 0 else Price(None, reason="the service told no tokens")


def add_usage(first: dict[str, Any] | None, second: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return two `usage` objects together: numbers added, at every depth.

    None where either is, since a sum that lacks one of them would be too small.
    """
    if first is None or second is None:
        return None
    return cast("dict[str, Any]", _sum(first, second))


def _sum(first: Any, second: Any) -> Any:
    if isinstance(first, dict) and isinstance(second, dict):
        one, other = cast("dict[str, Any]", first), cast("dict[str, Any]", second)
        return {name: _sum(one.get(name), other.get(name)) for name in {**one, **other}}
    if isinstance(first, dict):
        return cast("dict[str, Any]", first)
    if not isinstance(first, int | float):
        return second if first is None else first
    return first + second if isinstance(second, int | float) else first
