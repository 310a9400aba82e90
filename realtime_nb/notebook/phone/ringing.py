"""What the practice telephone tells of a call it places, beyond what a service would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from realtime_nb.protocol.shown_text import plain

if TYPE_CHECKING:
    from realtime_nb.client.practice_phone.call import PhoneNews
    from realtime_nb.notebook.phone.book import CallBook

__all__ = ["Ringing"]

_LONGEST: Final = 160


class Ringing:
    """Hears from the practice phone what a service would not tell: that a caller gave up."""

    def __init__(self, book: CallBook) -> None:
        self._book = book
        self._call_id = ""

    def hear(self, news: PhoneNews) -> None:
        """Learn what became of the call."""
        if news.state == "ringing":
            self._call_id = news.detail
        elif news.state in ("ended", "failed"):
            self.over(plain(news.detail, _LONGEST) or "the caller gave up")

    def over(self, why: str) -> None:
        """Have the call ring no more."""
        call = self._book.find(self._call_id)
        if call is not None:
            call.given_up(why)
