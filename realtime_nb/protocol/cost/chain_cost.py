"""What a request of a chain's leg counts and costs: each leg by its own model's prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from realtime_nb.protocol.audio_api.completion_usage import read_chat_usage
from realtime_nb.protocol.audio_api.speech_cost import speech_price
from realtime_nb.protocol.cost.prices import Price, Usage, price, read_usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.protocol.chain import LegDone


def leg_usage(leg: LegDone) -> Usage | None:
    """Return what the service counted; None where it told nothing."""
    if leg.usage is None:
        return None
    if leg.leg == "chat":
        return read_chat_usage(_all_text(leg.usage))
    if leg.leg == "speak":
        taken, made = leg.usage.get("input_tokens"), leg.usage.get("output_tokens")
        if isinstance(taken, int) and isinstance(made, int):
            return Usage(text_in=taken, audio_out=made)
        return Usage(gap="no tokens are told")
    return read_usage(leg.usage)


def leg_price(leg: LegDone) -> Price:
    """Return what a request costs; unknown with a reason, and never 0 for that."""
    if leg.practice:
        return Price(0.0)
    if leg.leg == "speak":
        return speech_price(leg.model, leg.characters or 0, leg.usage)
    return price(leg_usage(leg), leg.model)


def _all_text(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return a chat's usage with the kinds of its tokens: where none is told, they are text."""
    filled = dict(told)
    for whole, details in (
        ("prompt_tokens", "prompt_tokens_details"),
        ("completion_tokens", "completion_tokens_details"),
    ):
        count, kinds = told.get(whole), told.get(details)
        known = dict(cast("dict[str, Any]", kinds)) if isinstance(kinds, dict) else {}
        if isinstance(count, int) and "text_tokens" not in known:
            other = sum(known.get(f"{kind}_tokens") or 0 for kind in ("audio", "image"))
            filled[details] = {**known, "text_tokens": max(0, count - other)}
    return filled
