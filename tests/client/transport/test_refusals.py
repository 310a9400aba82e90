from __future__ import annotations

import socket
import ssl

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage, InvalidStatus, ProxyError
from websockets.http11 import Response

from realtime_nb.client.endpoints.endpoint import Endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.transport.refusals import end_of, handshake_failed, is_fatal, lost, refused
from realtime_nb.errors import ConnectionFailed, ConnectionLost

KEY = "sk-very-secret"
OPENAI = Endpoint(
    "https://api.openai.com/v1", "m", "OpenAI", api_key=Secret(KEY), key_source="OPENAI_API_KEY"
)
KEYLESS = Endpoint("https://h/v1", "m", "h", key_source="REALTIME_NB_API_KEY")


def status(code, reason, body=b""):
    return InvalidStatus(Response(code, reason, Headers(), body))


@pytest.mark.parametrize(
    ("error", "endpoint", "text"),
    [
        (
            status(401, "Unauthorized"),
            OPENAI,
            "OpenAI refused with HTTP 401: Unauthorized; check OPENAI_API_KEY",
        ),
        (
            status(401, "Unauthorized"),
            KEYLESS,
            "h refused with HTTP 401: Unauthorized; give a key in REALTIME_NB_API_KEY",
        ),
        (
            status(403, "Forbidden", b'{"error": {"message": "No access.\\n"}}'),
            OPENAI,
            (
                "OpenAI refused with HTTP 403: No access; check OPENAI_API_KEY, "
                "and that the account may use this model"
            ),
        ),
        (
            status(401, "Unauthorized", b"[" * 100_000),
            OPENAI,
            "OpenAI refused with HTTP 401: Unauthorized; check OPENAI_API_KEY",
        ),
        (
            status(404, "Not Found", b"<html>nope</html>"),
            OPENAI,
            (
                "OpenAI refused with HTTP 404: Not Found; check the URL, "
                "which usually ends in /v1, and the model"
            ),
        ),
        (
            status(400, "Bad Request", b'{"error": "OpperationNotSupported"}'),
            OPENAI,
            "OpenAI refused with HTTP 400: OpperationNotSupported; check the model and the URL",
        ),
        (
            status(503, "Service Unavailable"),
            OPENAI,
            (
                "OpenAI refused with HTTP 503: Service Unavailable; "
                "the fault is on its side; try again later"
            ),
        ),
        (status(418, "Teapot", b"[1]"), OPENAI, "OpenAI refused with HTTP 418: Teapot"),
        (TimeoutError(), OPENAI, "OpenAI did not answer in time; check the URL and the network"),
        (
            ConnectionRefusedError(111, "refused"),
            OPENAI,
            (
                "nobody listens at OpenAI (https://api.openai.com/v1); "
                "check the URL, or start the server"
            ),
        ),
        (
            socket.gaierror(-2, "Name or service not known"),
            OPENAI,
            "OpenAI (api.openai.com) was not found; check the network, and the URL if you gave it",
        ),
        (
            OSError(101, "Network is unreachable"),
            OPENAI,
            "OpenAI: not reached ([Errno 101] Network is unreachable); check the URL",
        ),
        (
            InvalidMessage("did not receive a valid HTTP response"),
            OPENAI,
            "OpenAI: no WebSocket service (did not receive a valid HTTP response); check the URL",
        ),
        (ProxyError("407"), OPENAI, "the proxy did not let us through to OpenAI: 407"),
    ],
)
def test_a_failed_handshake_is_one_line_with_advice(error, endpoint, text):
    failure = handshake_failed(error, endpoint)
    assert isinstance(failure, ConnectionFailed)
    assert str(failure) == text


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionRefusedError(111, "refused")])
def test_of_the_practice_server_there_is_no_url_and_no_network_to_check(error):
    ours = Endpoint("http://127.0.0.1:1/v1", "local-demo", "practice server", practice=True)
    said = str(handshake_failed(error, ours))
    assert said.startswith("practice server ")
    assert "\n" not in said
    assert not {"URL", "network"} & {*said.replace(";", " ").split()}


def test_a_bad_certificate_says_why():
    error = ssl.SSLCertVerificationError(1, "[SSL] certificate verify failed")
    error.verify_message = "self-signed certificate"
    assert str(handshake_failed(error, OPENAI)) == (
        "no secure connection to OpenAI: self-signed certificate"
    )


def test_a_body_that_quotes_the_key_does_not_bring_it_out():
    body = f'{{"error": {{"message": "Incorrect API key provided: {KEY}"}}}}'.encode()
    assert KEY not in str(handshake_failed(status(401, "x", body), OPENAI))
    assert KEY not in str(refused({"message": f"bad {KEY}", "code": "invalid_api_key"}, OPENAI))


@pytest.mark.parametrize(
    ("code", "message", "text"),
    [
        (
            "invalid_api_key",
            "Incorrect API key.",
            "OpenAI refused: Incorrect API key; check OPENAI_API_KEY",
        ),
        (
            "invalid_model",
            'Model "x" is not supported in realtime mode',
            (
                'OpenAI refused: Model "x" is not supported in realtime mode; '
                "choose another model, e.g. gpt-realtime-2.1"
            ),
        ),
        ("session_expired", "60 minutes.", "OpenAI refused: 60 minutes; open a new session"),
        ("unheard_of", "Odd.", "OpenAI refused: Odd."),
    ],
)
def test_what_the_service_says_comes_with_what_to_do(code, message, text):
    assert str(refused({"code": code, "message": message}, OPENAI)) == text


def test_no_key_at_all():
    assert str(refused({"code": None, "message": "You didn't provide an API key."}, KEYLESS)) == (
        "h refused: You didn't provide an API key; give a key in REALTIME_NB_API_KEY"
    )


def test_texts_stay_short_and_on_one_line():
    text = str(refused({"message": "word\n" * 500}, OPENAI))
    assert "\n" not in text
    assert len(text) < 450


@pytest.mark.parametrize(
    ("code", "reason", "text"),
    [
        (None, "", "the connection to h broke off"),
        (1006, "", "the connection to h broke off"),
        (1000, "", "h closed the connection (1000)"),
        (1001, "going away", "h went away (1001 going away)"),
        (1011, "keepalive ping timeout", "h no longer answers"),
        (
            4000,
            "invalid_request_error.invalid_model",
            (
                "h closed the connection (4000 invalid_request_error.invalid_model); "
                "choose another model, e.g. gpt-realtime-2.1"
            ),
        ),
    ],
)
def test_how_a_connection_ended(code, reason, text):
    error = lost("h", code, reason)
    assert isinstance(error, ConnectionLost)
    assert (str(error), error.code) == (text, code)


WORD = {"code": "x", "message": "Said before."}


@pytest.mark.parametrize(
    ("code", "word", "connecting", "kind", "said"),
    [
        (4000, WORD, True, ConnectionFailed, True),
        (1006, WORD, True, ConnectionFailed, True),
        (1006, None, True, ConnectionFailed, False),
        (3000, WORD, False, ConnectionLost, True),
        (1006, WORD, False, ConnectionLost, False),
        (1001, {**WORD, "code": "session_expired"}, False, ConnectionLost, True),
    ],
)
def test_the_services_own_words_are_used_where_they_explain_the_end(
    code, word, connecting, kind, said
):
    error = end_of(lost("h", code, ""), word, KEYLESS, connecting=connecting)
    assert type(error) is kind
    assert ("Said before" in str(error)) is said
    assert getattr(error, "code", code) == code


def test_fatal_codes():
    assert is_fatal("invalid_api_key")
    assert not is_fatal("unknown_parameter")
    assert not is_fatal(None)
