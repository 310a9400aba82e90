"""What a rule found in a prompt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in a prompt that the guide to prompting realtime models warns of.

    Attributes
    ----------
    line
        The prompt's line, counted from 1; 0 when it is about the prompt as a whole, such as a
        rule that is missing.
    rule
        The rule's short name, such as ``language`` or ``numbers``.
    message
        What was found, in one clause.
    advice
        What to write instead.
    other_line
        The line that it contradicts, 0 where there is none.
    """

    line: int
    rule: str
    message: str
    advice: str
    other_line: int = 0

    def told(self, lines_above: int = 0) -> str:
        """Return the message, with the other line as it is counted below `lines_above`."""
        if not self.other_line:
            return self.message
        return f"{self.message} in line {self.other_line + lines_above}"

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else "the prompt"
        return f"{where}: {self.told()}; {self.advice}"
