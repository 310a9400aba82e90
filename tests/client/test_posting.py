"""What an HTTP request to a service judges certificates by, and that the list is read once."""

from __future__ import annotations

import ssl

import certifi

from realtime_nb.client import posting
from realtime_nb.client.posting import Body, post_body
from tests.client.transport.test_transports import endpoint_at, service


def test_certificates_are_judged_by_one_list_that_is_read_once(monkeypatch):
    read = posting._ssl_context("https://api.openai.com/v1", trust_env=True)
    assert posting._ssl_context("https://example.com/v1", trust_env=True) is read
    assert (read.verify_mode, read.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert read.cert_store_stats()["x509_ca"] > 0
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    assert posting._ssl_context("https://api.openai.com/v1", trust_env=True) is not read


def test_without_cipher_no_list_is_read_and_nobody_is_believed():
    none = posting._ssl_context("http://127.0.0.1:1/v1", trust_env=False)
    assert none.cert_store_stats()["x509_ca"] == 0
    assert (none.verify_mode, none.check_hostname) == (ssl.CERT_REQUIRED, True)
    with service((200, {"a": 1}), (200, {"a": 2})) as (url, _):
        answers = [post_body(endpoint_at(url), "/x", Body(b"{}"), 20).data for _ in range(2)]
    assert answers == [{"a": 1}, {"a": 2}]
    assert posting._ssl_context(url, trust_env=False) is none
