"""Webhooks of calls: signed as the openai package checks it, tried again, sent nowhere else."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any

import openai
import pytest

from realtime_nb.errors import UsageError
from realtime_nb.server.phone.lines import PhoneLines
from realtime_nb.server.phone.signing import read_secret, signed_headers
from realtime_nb.server.phone.webhook import (
    Webhook,
    WebhookFailed,
    check_url,
    deliver,
    incoming_event,
)
from tests.server.phone.answering import SECRET, answering
from tests.server.serving import serving

HEADERS = [("From", "sip:+1555@x"), ("Proxy-Authorization", "Digest"), ("X-É", '"<b>\u202e')]


def event() -> dict[str, Any]:
    return incoming_event("rtc_1", HEADERS, "rtp")


async def test_the_openai_package_believes_what_is_signed() -> None:
    async with serving() as served, answering(served) as desk:
        assert await deliver(Webhook.of(desk.url, SECRET), event()) == 1
        got = desk.events.get_nowait()
    assert (got.type, got.object, got.data.call_id) == ("realtime.call.incoming", "event", "rtc_1")
    assert [(one.name, one.value) for one in got.data.sip_headers] == [HEADERS[0], HEADERS[2]]
    assert got.data.sip_media_security == "rtp"


@pytest.mark.parametrize("secret", [SECRET, "a plain text"])
def test_another_secret_another_body_or_an_old_time_is_not_believed(secret: str) -> None:
    client = openai.OpenAI(api_key="x", webhook_secret=secret)
    body = json.dumps(event()).encode()
    now = int(time.time())
    headers = signed_headers(read_secret(secret), "wh_1", now, body)
    client.webhooks.unwrap(body, headers)
    forged = [
        (body + b" ", headers),
        (body, signed_headers(read_secret("another"), "wh_1", now, body)),
        (body, {**headers, "webhook-id": "wh_2"}),
        (body, signed_headers(read_secret(secret), "wh_1", now - 301, body)),
    ]
    for what, signed in forged:
        with pytest.raises(openai.InvalidWebhookSignatureError):
            client.webhooks.unwrap(what, signed)


async def test_a_delivery_is_tried_again_with_the_same_id() -> None:
    async with serving() as served, answering(served) as desk:
        desk.statuses = [500, 302]
        assert await deliver(Webhook.of(desk.url, SECRET), event(), after_s=[0, 0, 0, 0]) == 3
        ids = {headers["Webhook-Id"] for headers, _ in desk.deliveries}
        assert len(desk.deliveries) == 3
        assert len(ids) == 1
        assert len({body for _, body in desk.deliveries}) == 1


async def test_what_nobody_takes_has_failed_and_says_why() -> None:
    async with serving() as served, answering(served) as desk:
        desk.statuses = [500] * 9
        webhook = Webhook.of(desk.url, SECRET)
        with pytest.raises(WebhookFailed, match="it answered 500"):
            await deliver(webhook, event(), after_s=[0, 0])
        assert len(desk.deliveries) == 2
        # A caller who hung up is announced no more.
        assert await deliver(webhook, event(), wanted=lambda: False) == 0
        assert len(desk.deliveries) == 2
    with pytest.raises(WebhookFailed, match="no connection"):
        await deliver(webhook, event(), after_s=[0])


async def test_who_never_answers_is_given_up() -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # to its end, and no word
        writer.close()

    silent = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    webhook = Webhook.of(f"http://127.0.0.1:{port}/", SECRET)
    with pytest.raises(WebhookFailed, match="too long"):
        await deliver(webhook, event(), after_s=[0], timeout_s=0.1)
    silent.close()
    await silent.wait_closed()


def test_headers_are_bounded() -> None:
    many = incoming_event("rtc_1", [("X", "y" * 10_000)] * 200, None)["data"]
    assert len(many["sip_headers"]) == 64
    assert len(many["sip_headers"][0]["value"]) == 4096
    assert "sip_media_security" not in many


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "http://192.0.2.1/hook",
        "http://hook.localhost/",
        "https://127.0.0.1/",
        "file:///etc/passwd",
        "http://127.0.0.1:0/",
        "http://evil.example\\@127.0.0.1/hook",
        "http://a:b@127.0.0.1/hook",
        "http://127.0.0.1/\thook",
        "http://[::1",
        "",
    ],
)
def test_webhooks_go_to_this_computer_only(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_url(url)
    assert "\n" not in str(refused.value)
    assert "/hook" not in str(refused.value).replace("http://127.0.0.1:8000/webhook", "")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/x", "http://localhost/", "http://[::1]/"])
def test_addresses_of_this_computer_are_taken(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_%%%", "x" * 300])
def test_a_secret_that_is_none_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_secret(secret)
    assert "%%%" not in str(refused.value)
    assert "xxx" not in str(refused.value)


def test_the_secret_is_in_no_repr() -> None:
    webhook = Webhook.of("http://127.0.0.1:1/", SECRET)
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    assert webhook.key == key
    assert str(key) not in repr(webhook)


def test_lines_are_found_by_ticket_and_forgotten_when_many() -> None:
    own = Webhook.of("http://127.0.0.1:1/", "own")
    lines = PhoneLines()
    assert lines.current is None
    first = lines.publish(own)
    assert lines.of_ticket(first) is own
    assert lines.of_ticket("line_guessed") is None
    newer = [Webhook.of(f"http://127.0.0.1:{port}/", "s") for port in range(2, 66)]
    for webhook in newer:
        lines.publish(webhook)
    assert lines.of_ticket(first) is None
    assert lines.current is newer[-1]
    assert lines.at(newer[0].url) is newer[0]
    assert lines.at("http://127.0.0.1:9999/") is None
    assert PhoneLines(own).current is own
