from __future__ import annotations

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.notebook.transports.choice import asked_transport, named_transport, require_kind


def test_a_line_that_says_nothing_asks_for_nothing() -> None:
    assert asked_transport(None, direct=False, setting="webrtc") is None


@pytest.mark.parametrize(
    ("transport", "direct", "setting", "asked"),
    [
        ("websocket", False, "webrtc", "websocket"),
        ("webrtc", False, "websocket", "webrtc"),
        ("webrtc", True, "websocket", "webrtc-direct"),
        (None, True, "webrtc", "webrtc-direct"),
    ],
)
def test_a_transport_is_asked_for(
    transport: str | None,
    direct: bool,  # noqa: FBT001
    setting: str,
    asked: str,
) -> None:
    assert asked_transport(transport, direct=direct, setting=setting) == asked


@pytest.mark.parametrize(
    ("transport", "direct", "said"),
    [
        ("webrct", False, "did you mean 'webrtc'"),
        ("sideband", False, "write websocket or webrtc"),
        ("", False, "write websocket or webrtc"),
        ("websocket", True, "--transport webrtc --direct"),
        (None, True, "--transport webrtc --direct"),
    ],
)
def test_what_is_none_is_said_in_one_line(
    transport: str | None,
    direct: bool,  # noqa: FBT001
    said: str,
) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        asked_transport(transport, direct=direct)
    assert "\n" not in str(raised.value)


def test_a_chat_takes_names_too() -> None:
    assert named_transport("webrtc-direct") == "webrtc-direct"
    with pytest.raises(UsageError, match="websocket, webrtc, webrtc-direct"):
        named_transport("sip")


def test_a_translation_has_a_websocket_only() -> None:
    require_kind("websocket", "translation")
    require_kind("webrtc", "transcription")
    with pytest.raises(UsageError, match="--transport websocket"):
        require_kind("webrtc-direct", "translation")
