"""What reading aloud costs: by characters, or by tokens where the service tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.cost.prices import Price, Usage, price, prices_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_MILLION: Final = 1_000_000
_BY_CHARACTERS: Final = "per_million_characters"


def speech_price(
    model: str, characters: int, usage: Mapping[str, Any] | None, *, practice: bool = False
) -> Price:
    """Return what it costs.

    Parameters
    ----------
    model
        The name of the model.
    characters
        How many were read.
    usage
        What the service counted: text that went in, sound that came out; None where it told
        nothing.
    practice
        Whether the practice server read it, which costs nothing.
    """
    if practice:
        return Price(0.0)
    by_characters = prices_of(model).get(_BY_CHARACTERS)
    if by_characters is not None:
        usd = characters * by_characters / _MILLION
        return Price(usd, {_BY_CHARACTERS: usd})
    if usage is None:
        known = bool(prices_of(model))
        return price(None, model) if known else Price(None, reason=f"no price is known of {model}")
    taken, made = usage.get("input_tokens"), usage.get("output_tokens")
    if not isinstance(taken, int) or not isinstance(made, int):
        return Price(None, reason="no tokens are told")
    # One kind goes in and one comes out, so that the wire need not tell the kinds.
    return price(Usage(text_in=taken, audio_out=made), model)
