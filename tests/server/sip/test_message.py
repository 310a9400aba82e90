"""SIP messages: read whatever comes, write nothing that was not asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_nb.server.sip.message import (
    Malformed,
    Request,
    Response,
    compose,
    parameter,
    parse,
    uri_of,
)
from realtime_nb.server.sip.peer import respond

HEAD = (
    b"INVITE sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP h:1;branch=z9;rport\r\nVia: SIP/2.0/UDP g:2\r\n"
    b'f: "Bob; <x>" <sip:b@c;tag=no>;tag=yes\r\nt: <sip:a@b>\r\ni: 7@h\r\nCSeq: 3 INVITE\r\n'
)


def test_compact_names_folded_lines_and_the_body_s_length() -> None:
    message = parse(b"\r\n" + HEAD + b"Subject: one\r\n  two\r\nl: 2\r\n\r\nabcd")
    assert isinstance(message, Request)
    assert (message.method, message.uri, message.call_id) == ("INVITE", "sip:a@b", "7@h")
    assert message.cseq == (3, "INVITE")
    assert message.get("subject") == "one two"
    assert len(message.all("Via")) == 2
    assert message.body == b"ab"
    assert message.branch == "z9"
    assert parameter(message.get("From"), "tag") == "yes"
    assert uri_of(message.get("From").partition('" ')[2]) == "sip:b@c;tag=no"


def test_a_response_repeats_what_names_its_request() -> None:
    request = parse(HEAD + b"\r\n")
    assert isinstance(request, Request)
    answer = parse(respond(request, ("127.0.0.1", 9), 180, tag="t"))
    assert isinstance(answer, Response)
    assert (answer.status, answer.reason) == (180, "Ringing")
    assert answer.all("Via")[0].endswith("rport=9;received=127.0.0.1")
    assert answer.get("From") == request.get("From")
    assert parameter(answer.get("To"), "tag") == "t"
    assert answer.cseq == request.cseq


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"INVITE",
        HEAD,
        HEAD.replace(b"INVITE sip:a@b SIP/2.0", b"INVITE sip:a@b SIP/3.0") + b"\r\n",
        HEAD.replace(b"INVITE sip:a@b SIP/2.0", b"IN VITE sip:a@b SIP/2.0") + b"\r\n",
        HEAD.replace(b"3 INVITE", b"3 BYE") + b"\r\n",
        HEAD.replace(b"3 INVITE", b"-3 INVITE") + b"\r\n",
        HEAD.replace(b"3 INVITE", b"3" * 5_000 + b" INVITE") + b"\r\n",
        HEAD + b"l: " + b"3" * 5_000 + b"\r\n\r\n",
        HEAD.replace(b"3 INVITE", b"99999999999 INVITE") + b"\r\n",
        HEAD.replace(b"i: 7@h\r\n", b"") + b"\r\n",
        HEAD + b"Content-Length: 5\r\n\r\nabc",
        HEAD + b"Content-Length: -1\r\n\r\nabc",
        HEAD + b"no header\r\n\r\n",
        HEAD + b"X: y\r\n" * 200 + b"\r\n",
        HEAD + b"X: " + b"y" * 9000 + b"\r\n\r\n",
        b"SIP/2.0 abc Hm\r\n\r\n",
    ],
)
def test_what_is_no_message_is_malformed(datagram: bytes) -> None:
    with pytest.raises(Malformed):
        parse(datagram)


@given(st.binary(max_size=300), st.integers(0, len(HEAD)))
def test_anything_may_come(junk: bytes, at: int) -> None:
    for datagram in (junk, HEAD[:at] + junk + HEAD[at:] + b"\r\n"):
        try:
            message = parse(datagram)
        except Malformed:
            continue
        if isinstance(message, Request):
            parse(respond(message, ("127.0.0.1", 1), 200, tag="t"))


def test_no_line_break_gets_out() -> None:
    datagram = compose("BYE sip:x\r\nEvil: 1 SIP/2.0", [("To", "a\r\n\r\nb\0"), ("X", "\ny")])
    head, _, body = datagram.partition(b"\r\n\r\n")
    assert body == b""
    assert len(head.split(b"\r\n")) == 4
