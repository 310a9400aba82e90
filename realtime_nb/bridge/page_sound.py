"""The sound that a page sends: its microphone, and on a call what it hears. The owner's counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from realtime_nb.bridge.capture import Capture
    from realtime_nb.bridge.on_call import OnCall
    from realtime_nb.bridge.pages.announcer import Announcer
    from realtime_nb.bridge.pages.pages import Pages
    from realtime_nb.bridge.view import Buffers, Message, PageHandler


class PageSound:
    """Takes what pages send of sound.

    Parameters
    ----------
    pages
        Which know who the owner is.
    announcer
        The way to the pages.
    capture
        The microphone of a session whose sound goes through the kernel.
    on_call
        The call, whose sound is only recorded here.
    claim
        Makes a page the owner.

    Attributes
    ----------
    pages
        What takes a page's messages, by kind.
    """

    def __init__(
        self,
        pages: Pages,
        announcer: Announcer,
        capture: Capture,
        on_call: OnCall,
        claim: Callable[[str], None],
    ) -> None:
        self._pages = pages
        self._announcer = announcer
        self._capture = capture
        self._on_call = on_call
        self._claim = claim
        self.pages: Mapping[str, PageHandler] = {
            "mic": self._microphone,
            "mic_failed": self._microphone_failed,
            "audio": self._audio,
            "heard": self._heard,
        }

    def _microphone(self, client: str, message: Message, _buffers: Buffers) -> None:
        on = bool(message.get("on"))
        refusal = self._capture.refusal() or self._on_call.refusal(client)
        if on and refusal is not None:
            self._announcer.to(client, {"kind": "mic_off", "reason": refusal})
            return
        if on:
            self._claim(client)
        if client == self._pages.owner:
            self._capture.switch(on=on)

    def _microphone_failed(self, client: str, message: Message, _buffers: Buffers) -> None:
        self._capture.failed(client, message)

    def _audio(self, client: str, _message: Message, buffers: Buffers) -> None:
        if client != self._pages.owner or not buffers:
            return
        if self._on_call.sound_elsewhere:
            self._on_call.take("input", buffers[0])
        else:
            self._capture.take(buffers[0])

    def _heard(self, client: str, _message: Message, buffers: Buffers) -> None:
        if client == self._pages.owner and buffers and self._on_call.sound_elsewhere:
            self._on_call.take("output", buffers[0])
