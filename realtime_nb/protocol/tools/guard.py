"""What a guard may say of the words it is shown, and how that is read.

A guard is a function of the author's own over a transcript. None and True let the words pass; a
text or False stops them, with the reason. Everything else is no verdict. A guard is there for
safety, so what it cannot judge does not pass: one that raises, takes too long or returns
nonsense stops what it was shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from realtime_nb.errors import UsageError
from realtime_nb.protocol.shown_text import visible

Side: TypeAlias = Literal["assistant", "user"]

SIDES: Final[tuple[Side, ...]] = ("assistant", "user")
TIMEOUT_S: Final = 5.0
"""How long a guard may take over one text, unless its author says otherwise."""

_LONGEST_REASON: Final = 300  # characters
_LONGEST_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class GuardOptions:
    """How a guard is applied.

    Attributes
    ----------
    on
        Whose words it judges: the ``"assistant"``'s as they stream, or the ``"user"``'s when
        they are final.
    hold
        Of the assistant's: whether nothing of an answer is heard before all of it has passed.
        Otherwise it is heard as it comes, and stopped where the guard stops it.
    timeout_s
        How long it may take over one text, in seconds.
    on_stop
        Of the assistant's: instructions of the response that is asked for in place of a
        stopped one; None for none.
    """

    on: Side = "assistant"
    hold: bool = False
    timeout_s: float = TIMEOUT_S
    on_stop: str | None = None

    def __post_init__(self) -> None:
        """Refuse what means nothing.

        Raises
        ------
        UsageError
            In one line.
        """
        if self.on not in SIDES:
            raise UsageError(f'guard(on={self.on!r}): write "assistant" or "user"')
        if self.on == "user" and (self.hold or self.on_stop is not None):
            raise UsageError(
                'guard(on="user"): hold and on_stop are for answers; a veto of the user\'s words'
                " asks for no answer at all"
            )
        limit: Any = self.timeout_s
        if (
            isinstance(limit, bool)
            or not isinstance(limit, int | float)
            or not (0 < limit <= _LONGEST_S)
        ):
            raise UsageError(
                f"guard(timeout_s={limit!r}): write seconds above 0, at most {_LONGEST_S:g}"
            )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one text.

    Attributes
    ----------
    passed
        Whether it may be heard, or answered.
    reason
        Why not, in one line; ``""`` where it passed.
    failed
        Whether the guard itself failed, and did not judge.
    """

    passed: bool
    reason: str = ""
    failed: bool = False


PASSED: Final = Verdict(passed=True)


def read_verdict(value: Any, name: str) -> Verdict:
    """Return what a guard means by what it returned.

    Parameters
    ----------
    value
        What it returned.
    name
        What the guard is called.
    """
    if value is None:
        return PASSED
    if isinstance(value, str) and value.strip():
        return Verdict(passed=False, reason=_line(value))
    # numpy's truth values are no bool.
    if type(value).__name__ in ("bool", "bool_"):
        return PASSED if value else Verdict(passed=False, reason=f"{name}() said no")
    return failure(
        f"{name}() returned {_shown(value)}; return None or True to let it pass,"
        " a reason or False to stop it"
    )


def failure(reason: str) -> Verdict:
    """Return the verdict in the place of a guard that could not give one."""
    return Verdict(passed=False, reason=_line(reason), failed=True)


def _shown(value: Any) -> str:
    try:
        return f"{value!r:.60}"
    except Exception:  # noqa: BLE001 -- an object whose repr fails is nonsense, too
        return f"a {type(value).__name__}"


def _line(text: str) -> str:
    line = visible(" ".join(text.split()))
    return line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 1]}…"
