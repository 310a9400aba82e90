"""What a server that starts is told of telephones."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.server.phone.exchange import Exchange
from realtime_nb.server.phone.options import PhoneOptions

URL = "http://127.0.0.1:8000/webhook"


def test_the_webhook_is_signed_with_the_secret_of_the_option_or_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert PhoneOptions().exchange().lines.current is None
    with pytest.raises(UsageError, match="set OPENAI_WEBHOOK_SECRET"):
        PhoneOptions(webhook_url=URL).exchange()
    monkeypatch.setenv("OPENAI_WEBHOOK_SECRET", "of the environment")
    kept = PhoneOptions(webhook_url=URL).exchange().lines.current
    assert kept is not None
    assert (kept.url, kept.key) == (URL, b"of the environment")
    given = PhoneOptions(webhook_url=URL, webhook_secret="given").exchange().lines.current
    assert given is not None
    assert given.key == b"given"
    assert "given" not in repr(PhoneOptions(webhook_url=URL, webhook_secret="given"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            PhoneOptions(webhook_secret="s"),
            "--webhook-secret-file signs what goes to --webhook-url",
        ),
        (PhoneOptions(webhook_url="http://example.com/", webhook_secret="s"), "this computer"),
        (PhoneOptions(webhook_url=URL, webhook_secret="whsec_?"), "no base64"),
    ],
)
def test_what_cannot_be_is_one_line(options: PhoneOptions, words: str) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        options.exchange()
    assert "\n" not in str(refused.value)


async def test_sip_is_taken_only_where_a_port_is_named_and_free() -> None:
    shared: Any = SimpleNamespace(calls=None, phone=Exchange())
    assert await PhoneOptions().open_sip(shared, "127.0.0.1") is None
    opened = await PhoneOptions(sip_port=0).open_sip(shared, "127.0.0.1")
    assert opened is not None
    assert opened.address[1] > 0
    await opened.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        options = PhoneOptions(sip_port=taken.getsockname()[1])
        with pytest.raises(UsageError, match="write --sip-port 0 for a free one"):
            await options.open_sip(shared, "127.0.0.1")
