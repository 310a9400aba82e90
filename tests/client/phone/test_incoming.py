"""What is read of a call that rings; all of it may be anything."""

from __future__ import annotations

from typing import Any

import pytest

from realtime_nb.client.phone.incoming import (
    LONGEST_HEADER,
    MOST_HEADERS,
    party,
    read_incoming,
)
from realtime_nb.client.phone.signature import WebhookRefused
from tests.client.phone.webhooks import CALL_ID, HEADERS, incoming


def test_a_call_with_its_headers() -> None:
    call = read_incoming(incoming())
    assert call.call_id == CALL_ID
    assert call.caller == "Ann +15550100"
    assert call.called == "proj_1@sip.example"
    assert call.headers == tuple((one["name"], one["value"]) for one in HEADERS)
    assert call.media_security == "rtp"


@pytest.mark.parametrize(
    ("value", "who"),
    [
        ("<sip:+15551234@trunk.example>;tag=1", "+15551234"),
        ("sip:ann@example.com", "ann@example.com"),
        ('"Ann  Lee" <sips:ann@example.com:5061;transport=tls>', "Ann Lee ann@example.com:5061"),
        ("<tel:+1-555-0100>", "+1-555-0100"),
        ("sip:anonymous@anonymous.invalid", "anonymous@anonymous.invalid"),
        ("<sip:%2B15551234@x.example?Subject=hi>", "+15551234"),
        ("", ""),
        ("<<<>>>", "<<"),
        ('"a\nb\r\nc" <sip:+1555@x>', "a b c +1555"),
    ],
)
def test_who_a_header_names(value: str, who: str) -> None:
    assert party(value) == who


def test_a_name_of_a_megabyte_is_cut() -> None:
    assert len(party("x" * 1_000_000)) <= 120


@pytest.mark.parametrize("call_id", [None, 7, "", "a/b", "../accept", "rtc_\n", "é", "x" * 300])
def test_a_call_without_an_id_is_none(call_id: Any) -> None:
    with pytest.raises(WebhookRefused, match="call_id"):
        read_incoming(incoming(call_id))


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_data_that_is_none(data: Any) -> None:
    with pytest.raises(WebhookRefused):
        read_incoming({"type": "realtime.call.incoming", "data": data})


@pytest.mark.parametrize(
    "headers", [None, {}, "text", [None, 3, {"name": 1, "value": 2}, {"name": "From"}]]
)
def test_headers_that_are_none_are_left_out(headers: Any) -> None:
    call = read_incoming(incoming(sip_headers=headers))
    assert call.headers == ()
    assert call.caller == ""


def test_headers_are_kept_in_bounds_and_as_whole_text() -> None:
    many = [{"name": "X-" + "n" * 9000, "value": "\ud83d" + "v" * 9000}] * 5000
    call = read_incoming(incoming(sip_headers=many, sip_media_security="s" * 900))
    assert len(call.headers) == MOST_HEADERS
    assert max(len(text) for header in call.headers for text in header) <= LONGEST_HEADER
    "".join(value for _, value in call.headers).encode()  # no half of a character
    assert call.media_security == "s" * 20


def test_unknown_media_security_is_not_known() -> None:
    assert read_incoming(incoming(sip_media_security=None)).media_security is None
    assert read_incoming(incoming(sip_media_security=3)).media_security is None
