"""Numbers as people say them: "seventy five" is 75, "four two seven" may be 427."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = (  # noqa: SIM905 -- a line of words reads better than one of quotes
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905 -- as above
_VALUES: Final = {
    **{word: value for value, word in enumerate(_UNITS)},
    **{word: 20 + 10 * index for index, word in enumerate(_TENS)},
    "oh": 0,
}
_SCALES: Final = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_HALF_HOUR: Final = re.compile(r"\b(?:half an hour|a half hour)\b")
_HOUR_AND_HALF: Final = re.compile(r"\b(?:an|one|1) hour and a half\b")
_A_HUNDRED: Final = re.compile(r"\ba (hundred|thousand|million)\b")
_TOKEN: Final = re.compile(r"\d+(?:\.\d+)?|[a-z']+|[^\sa-z\d]", re.IGNORECASE)


def digits(text: str) -> str:
    """Return a text with its number words written in digits, lower-cased.

    "set a timer for twenty five minutes" becomes "set a timer for 25 minutes"; what is no
    number stays, signs become words of their own.
    """
    out: list[str] = []
    plain_text = _HALF_HOUR.sub("30 minutes", text.lower().replace("-", " "))
    plain_text = _HOUR_AND_HALF.sub("90 minutes", plain_text)
    words = _TOKEN.findall(_A_HUNDRED.sub(r"one \1", plain_text))
    at = 0
    while at < len(words):
        value, used = _read(words[at:])
        out.append(str(value) if used else words[at])
        at += used or 1
    return " ".join(out)


def find_numbers(text: str) -> list[float]:
    """Return the numbers of a text in order."""
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", digits(text))]


def find_code(text: str) -> str:
    """Return the digits of an identifier said digit by digit, or as one number; may be empty."""
    groups = re.findall(r"\d+(?: \d+)*", digits(text))
    return max((group.replace(" ", "") for group in groups), key=len, default="")


def plain(number: float) -> str:
    """Return a number as it is said: without a fraction where there is none."""
    rounded = round(number, 2)
    return str(int(rounded)) if rounded == int(rounded) else f"{rounded:g}"


def _read(words: list[str]) -> tuple[int, int]:
    """Return the number at the beginning of `words` and how many of them it takes."""
    total = current = used = 0
    last = 0  # size of the number word before: the next may only refine it
    for at, word in enumerate(words):
        if word in _VALUES:
            value = _VALUES[word]
            refines = last == 0 or (last >= 100 > value) or (last >= 20 and value < 10)  # noqa: PLR2004 -- English numbers
            if used and not (refines and value > 0):
                break
            current += value
            last = value or 1
        elif word in _SCALES and used:
            scale = _SCALES[word]
            current *= scale
            if scale > 100:  # noqa: PLR2004 -- English numbers
                total, current = total + current, 0
            last = scale
        elif word == "and" and last >= 100 and at + 1 < len(words) and words[at + 1] in _VALUES:  # noqa: PLR2004 -- English numbers
            continue
        else:
            break
        used = at + 1
    return total + current, used
