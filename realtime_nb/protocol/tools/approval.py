"""What waits for a person's yes, and which yes holds for the rest of the session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from realtime_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind: TypeAlias = Literal["function", "mcp"]
Answer: TypeAlias = Literal["once", "always", "deny"]
How: TypeAlias = Literal["once", "always", "deny", "late", "gone"]

APPROVAL_S: Final = 60.0
"""How long a question waits for its answer, in seconds; then the answer is no."""

_LATE: Final = "nobody answered in time"
_GONE: Final = "the question is gone"
_LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Approval:
    """A question that waits for an answer.

    Attributes
    ----------
    id
        What an answer names: the id of the call or of the service's request.
    kind
        ``"function"`` of the notebook, or ``"mcp"``.
    name, server
        The tool, and the label of its MCP server (empty for a function).
    arguments
        The model's words for the arguments; JSON, if all is well.
    asked_ms
        When it was asked, on the session's clock.
    deadline_s
        How long it waits for an answer, in seconds.
    left_s
        How much of that is left, when it is looked at.
    """

    id: str
    kind: Kind
    name: str
    server: str
    arguments: str
    asked_ms: float
    deadline_s: float = APPROVAL_S
    left_s: float = APPROVAL_S

    @property
    def key(self) -> tuple[Kind, str, str]:
        """What an "always" holds for: the tool, for MCP of one server."""
        return self.kind, self.server, self.name

    def at(self, now_ms: float) -> Approval:
        """Return it as it stands at a time of the session's clock."""
        left_s = max(0.0, self.deadline_s - max(0.0, now_ms - self.asked_ms) / 1000)
        return replace(self, left_s=left_s)


@dataclass(frozen=True, slots=True)
class Decision:
    """How a question was answered.

    Attributes
    ----------
    approved
        Whether the call may be made.
    how
        ``"once"``, ``"always"``, ``"deny"``; ``"late"`` when nobody answered in time, and
        ``"gone"`` when the question was taken back. The last three are a no.
    reason
        Why not, for the model.
    """

    approved: bool
    how: How
    reason: str = ""


class ApprovalBook:
    """The questions that are open, and the tools that may always be called.

    Attributes
    ----------
    open
        The open questions, the oldest first.
    always
        The keys of the tools that may be called without a question from now on.
    """

    def __init__(self) -> None:
        self.open: dict[str, Approval] = {}
        self.always: set[tuple[Kind, str, str]] = set()

    def ask(self, approval: Approval) -> Decision | None:
        """Enter a question; return its answer where that is known already."""
        if approval.key in self.always:
            return Decision(approved=True, how="always")
        self.open[approval.id] = approval
        return None

    def answer(self, approval_id: str, answer: str, reason: str = "") -> dict[str, Decision]:
        """Answer a question; return what is decided by it, by the questions' ids.

        Parameters
        ----------
        approval_id
            The question.
        answer
            ``"once"``, ``"always"`` (for this tool, as long as the session lasts: other open
            questions of it are answered, too) or ``"deny"``.
        reason
            Why not; the model is told.

        Raises
        ------
        UsageError
            For a question that is not open, or another answer.
        """
        if answer not in get_args(Answer):
            said = ", ".join(map(repr, get_args(Answer)))
            raise UsageError(f"{answer!r} is no answer to an approval: write one of {said}")
        if approval_id not in self.open:
            raise UsageError(
                f"no approval {approval_id!r} is open: it was answered, or its time is over;"
                f" open are: {', '.join(self.open) or 'none'}"
            )
        if answer == "deny":
            reason = " ".join(reason.split())[:_LONGEST_REASON]
            return self._take([approval_id], Decision(approved=False, how="deny", reason=reason))
        if answer == "once":
            return self._take([approval_id], Decision(approved=True, how="once"))
        key = self.open[approval_id].key
        self.always.add(key)
        alike = [one.id for one in self.open.values() if one.key == key]
        return self._take(alike, Decision(approved=True, how="always"))

    def late(self, approval_id: str) -> dict[str, Decision]:
        """Note that nobody has answered in time."""
        return self._take([approval_id], Decision(approved=False, how="late", reason=_LATE))

    def withdraw(self, approval_ids: Iterable[str]) -> dict[str, Decision]:
        """Take questions back."""
        return self._take(approval_ids, Decision(approved=False, how="gone", reason=_GONE))

    def _take(self, ids: Iterable[str], decision: Decision) -> dict[str, Decision]:
        return {one: decision for one in ids if self.open.pop(one, None) is not None}
