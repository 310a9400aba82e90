"""``chat.approvals``: the calls that wait for a yes or no, answered from Python."""

from __future__ import annotations

import html
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from realtime_nb.errors import UsageError
from realtime_nb.protocol.shown_text import escaped, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from realtime_nb.client.tools.approvals import Approvals
    from realtime_nb.protocol.tools.approval import Approval

WAIT_S: Final = 10.0
COLUMNS: Final = ("id", "kind", "server", "name", "arguments", "left_s")
_LONGEST: Final = 2_000


class ApprovalTable:
    """The open questions of a chat; shown as a table, ``.df`` is a `pandas.DataFrame`.

    Parameters
    ----------
    approvals
        The chat's.
    """

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals

    def __len__(self) -> int:
        return len(self._approvals.open)

    def __iter__(self) -> Iterator[Approval]:
        return iter(self._approvals.open)

    def __getitem__(self, at: int) -> Approval:
        return self._approvals.open[at]

    def answer(self, approval_id: str, answer: str, reason: str = "") -> None:
        """Answer a question.

        Parameters
        ----------
        approval_id
            Its ``id``.
        answer
            ``"once"``, ``"always"`` (for this tool, until the session ends) or ``"deny"``.
        reason
            Why not; the model is told.

        Raises
        ------
        UsageError
            For a question that is not open, or another answer.
        """
        self._approvals.answer(approval_id, answer, reason)

    def allow(self, name: str = "", *, always: bool = False, wait_s: float = WAIT_S) -> Approval:
        """Allow the call that has waited longest.

        Parameters
        ----------
        name
            Of the tool; ``""`` for any.
        always
            Whether to allow the tool until the session ends, and not only this call.
        wait_s
            How long to wait for such a call to come, in seconds: ``call = chat.say("…")``,
            ``chat.approvals.allow()``, ``await call``.

        Returns
        -------
        Approval
            What was allowed.

        Raises
        ------
        UsageError
            When none has come by then.
        """
        return self._answer_next(name, "always" if always else "once", "", wait_s)

    def deny(self, name: str = "", *, reason: str = "", wait_s: float = WAIT_S) -> Approval:
        """Deny the call that has waited longest; `reason` is told to the model. As `allow`."""
        return self._answer_next(name, "deny", reason, wait_s)

    @property
    def df(self) -> pd.DataFrame:
        """A row for each open question, the oldest first; ``left_s`` in seconds."""
        # Imported here: pandas takes most of a second to load and a talk does not need it.
        import pandas as pd  # noqa: PLC0415

        return pd.DataFrame(self._rows(), columns=list(COLUMNS))

    def _answer_next(self, name: str, answer: str, reason: str, wait_s: float) -> Approval:
        changed = threading.Event()
        undo = self._approvals.on_change(changed.set)
        until = time.monotonic() + wait_s
        try:
            while (approval := self._next(name)) is None:
                if not changed.wait(max(0.0, until - time.monotonic())):
                    what = f"call of {visible(name)}()" if name else "call"
                    raise UsageError(f"no {what} has asked for approval within {wait_s:g} s")
                changed.clear()
        finally:
            undo()
        self._approvals.answer(approval.id, answer, reason)
        return approval

    def _next(self, name: str) -> Approval | None:
        return next((one for one in self._approvals.open if name in ("", one.name)), None)

    def _rows(self) -> list[dict[str, Any]]:
        return [{key: getattr(one, key) for key in COLUMNS} for one in self._approvals.open]

    def __repr__(self) -> str:
        lines = [
            f"{visible(one.name)}({visible(one.arguments)}) · {one.id} · {one.left_s:.0f} s left"
            for one in self._approvals.open
        ]
        return "\n".join(lines) or "no call waits for approval"

    def _repr_html_(self) -> str:
        rows = self._rows()
        if not rows:
            return f"<p>{html.escape(repr(self))}</p>"
        head = "".join(f"<th>{name}</th>" for name in COLUMNS)
        body = "".join(
            f"<tr>{''.join(f'<td>{_cell(row[name])}</td>' for name in COLUMNS)}</tr>"
            for row in rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: Any) -> str:
    return f"{value:.0f}" if isinstance(value, float) else escaped(str(value), _LONGEST)
