"""What telephones and their networks send: SIP, SDP, RTP and webhooks."""

# ruff: noqa: E501 -- inputs stand as they are written

from __future__ import annotations

import json

from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.phone.incoming import party, read_incoming
from realtime_nb.client.phone.signature import Signature, WebhookRefused
from realtime_nb.server.sip import rtp, sdp
from realtime_nb.server.sip.message import Malformed, parameter, parse, uri_of
from tests.fuzz.running import Target


def take_sip(data: bytes) -> None:
    """Read a datagram of SIP, and what a dialog asks of it."""
    message = parse(data)
    assert message.call_id is not None
    assert isinstance(message.cseq[0], int)
    for name in ("Via", "From", "To", "Contact", "Route"):
        for value in message.all(name):
            parameter(value, "tag")
            uri_of(value)
        message.get(name)


def take_sdp(data: bytes) -> None:
    """Read a description of media, and answer it."""
    media = sdp.read(data)
    sdp.answer("127.0.0.1", 4_000, media)


def take_rtp(data: bytes) -> None:
    """Read datagrams of sound and keys; each behind two bytes of its length."""
    order, keys = rtp.Order(), rtp.Keys()
    while data:
        size = int.from_bytes(data[:2], "big") % 400
        packet = rtp.read(data[2 : 2 + size])
        data = data[2 + size :]
        if packet is not None and order.takes(packet):
            keys.pressed(packet)


def take_webhook(data: bytes) -> None:
    """Read what a webhook says of a call."""
    value = json.loads(data)
    if not isinstance(value, dict):
        return
    incoming = read_incoming(value)
    for name, text in incoming.headers:
        (name + text).encode()
        party(text)
    f"{incoming.caller} {incoming.called}".encode()


_SIGNATURE: list[Signature] = []


def take_signature(data: bytes) -> None:
    """Check a webhook's signature; nothing that was not signed is believed."""
    if not _SIGNATURE:
        _SIGNATURE.append(Signature(Secret("whsec_" + "QUJD" * 8)))
    head, _, body = data.partition(b"\n\n")
    pairs = (line.partition(b": ") for line in head.split(b"\n"))
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, _, value in pairs}
    _SIGNATURE[0].check(body, headers)
    raise AssertionError("a webhook that nobody signed was believed")


_SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\na=ptime:20\r\n"
)
_INVITE = (
    b"INVITE sip:proj@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKa;rport\r\n"
    b'Max-Forwards: 70\r\nFrom: "Ann" <sip:+1555@127.0.0.1>;tag=1\r\nTo: <sip:proj@127.0.0.1>\r\n'
    b"Call-ID: a@b\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.1:5060>\r\nX-More: one,\r\n two\r\n"
    b"Content-Type: application/sdp\r\nContent-Length: "
    + str(len(_SDP)).encode()
    + b"\r\n\r\n"
    + _SDP
)
_OK = (
    b"SIP/2.0 200 OK\r\nv: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa\r\nf: <sip:a@b>;tag=1\r\nt: <sip:c@d>;tag=2\r\n"
    b"i: a@b\r\nCSeq: 2 BYE\r\nl: 0\r\n\r\n"
)
_SENDER = rtp.Sender(0)
_RTP = b"".join(
    len(p).to_bytes(2, "big") + p for p in (_SENDER.packet(bytes(160)) for _ in range(3))
)
_KEY = bytes((0x80, 0xE5)) + bytes(10) + bytes((9, 0x80, 1, 0x40))
_WEBHOOK = {
    "id": "evt_1",
    "type": "realtime.call.incoming",
    "created_at": 1,
    "data": {
        "call_id": "rtc_1",
        "sip_headers": [
            {"name": "From", "value": '"Ann" <sip:+15551234@example.com;user=phone>;tag=7'},
            {"name": "To", "value": "<sip:proj_1@sip.api.openai.com>"},
        ],
        "sip_media_security": "srtp",
    },
}
_SIGNED = (
    b"webhook-id: wh_1\nwebhook-timestamp: 1763763661\nwebhook-signature: v1,QUJD v1a,x\n\n"
    + json.dumps(_WEBHOOK).encode()
)

TARGETS = (
    Target("sip", take_sip, [_INVITE, _OK], "text", (Malformed,), share=60),
    Target("sdp", take_sdp, [_SDP], "text", (sdp.Unacceptable,), share=60),
    Target("rtp", take_rtp, [_RTP, len(_KEY).to_bytes(2, "big") + _KEY], "bytes", share=60),
    Target(
        "webhook",
        take_webhook,
        [json.dumps(_WEBHOOK).encode()],
        "json",
        (WebhookRefused, ValueError),
        share=60,
    ),
    Target("signature", take_signature, [_SIGNED], "text", (WebhookRefused,), share=20),
)
