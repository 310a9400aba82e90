"""Where a key comes from: the environment, the keyring, a person; and how it is forgotten."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from realtime_nb.client.endpoints import keys
from realtime_nb.client.endpoints.endpoint import resolve_endpoint
from realtime_nb.client.transport.refusals import refused
from realtime_nb.errors import EndpointError

OPENAI = "https://api.openai.com"


@pytest.fixture(autouse=True)
def _nothing_typed(monkeypatch):
    monkeypatch.setattr(keys, "_typed", {})


@pytest.fixture
def ring(monkeypatch):
    """A keyring of the test's own, in the place of the optional package."""
    entries = {}
    module = ModuleType("keyring")
    module.get_password = lambda service, user: entries.get((service, user))
    monkeypatch.setitem(sys.modules, "keyring", module)
    return entries


class Person:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.questions = []

    def __call__(self, question):
        self.questions.append(question)
        return self.answers.pop(0)


def sent(endpoint):
    return endpoint.headers().get("Authorization")


def test_the_environment_comes_first_then_the_keyring_then_the_person(ring):
    person = Person("sk-typed-123")
    ring["realtime_nb", "openai"] = "sk-kept"
    environ = {"OPENAI_API_KEY": "sk-set"}
    assert sent(resolve_endpoint("openai", environ=environ, ask=person)) == "Bearer sk-set"
    found = resolve_endpoint("openai", environ={}, ask=person)
    assert sent(found) == "Bearer sk-kept"
    assert found.key_source == "the keyring's entry realtime_nb/openai"
    assert person.questions == []
    ring.clear()
    found = resolve_endpoint("openai", environ={}, ask=person)
    assert sent(found) == "Bearer sk-typed-123"
    assert person.questions == ["API key for openai (api.openai.com): "]
    assert found.key_source == "the key you typed"


def test_a_keyring_that_fails_is_as_good_as_none(monkeypatch):
    module = ModuleType("keyring")
    monkeypatch.setitem(sys.modules, "keyring", module)
    with pytest.raises(EndpointError, match="OPENAI_API_KEY is not set"):
        resolve_endpoint("openai", environ={})


def test_a_person_is_asked_once_for_each_host():
    person = Person("sk-typed-123", "sk-other-123")
    for _ in range(2):
        assert sent(resolve_endpoint("openai", environ={}, ask=person)) == "Bearer sk-typed-123"
    elsewhere = {"OPENAI_BASE_URL": "https://gw.example/v1"}
    found = resolve_endpoint("openai", environ=elsewhere, ask=person)
    assert sent(found) == "Bearer sk-other-123"
    assert person.questions[1:] == ["API key for openai (gw.example): "]


def test_a_person_who_types_nothing_gets_told_what_to_do():
    with pytest.raises(EndpointError, match="OPENAI_API_KEY is not set"):
        resolve_endpoint("openai", environ={}, ask=Person(None))
    with pytest.raises(EndpointError, match="the key you typed holds characters"):
        resolve_endpoint("openai", environ={}, ask=Person("two words"))


def test_a_typed_key_that_is_refused_is_asked_for_again():
    person = Person("sk-wrong-123", "sk-right-123")
    wrong = resolve_endpoint("openai", environ={}, ask=person)
    error = refused({"code": "invalid_api_key", "message": "Incorrect API key"}, wrong)
    assert str(error) == "OpenAI refused: Incorrect API key; check the key you typed"
    assert sent(resolve_endpoint("openai", environ={}, ask=person)) == "Bearer sk-right-123"


def test_a_named_endpoint_has_the_entry_it_names(ring, tmp_path):
    file = tmp_path / "endpoints.toml"
    file.write_text(
        '[endpoints.a]\nurl = "https://a.example/v1"\nkeyring = "team/voice/me"\n'
        '[endpoints.b]\nurl = "https://b.example/v1"\n'
        '[endpoints.c]\nurl = "https://c.example/v1"\nkey_env = "C_KEY"\n'
    )
    ring["team/voice", "me"] = "k-a"
    ring["realtime_nb", "b"] = "k-b"
    # An entry that is named is the one that is meant.
    environ = {"REALTIME_NB_API_KEY": "k-any"}
    assert sent(resolve_endpoint("a", environ=environ, file=file)) == "Bearer k-a"
    assert sent(resolve_endpoint("b", environ={}, file=file)) == "Bearer k-b"
    person = Person("k-typed")
    assert sent(resolve_endpoint("c", environ={}, file=file, ask=person)) == "Bearer k-typed"
    assert sent(resolve_endpoint("c", environ={"C_KEY": "k-c"}, file=file)) == "Bearer k-c"


def test_a_url_asks_nobody_and_gets_only_what_was_kept_for_its_host(ring):
    ring["realtime_nb", "openai"] = "sk-kept"
    person = Person()
    found = resolve_endpoint("https://evil.example/v1", environ={}, ask=person)
    assert sent(found) is None
    # Nor is a host given the key of the endpoint whose name it bears.
    assert sent(resolve_endpoint("https://openai/v1", environ={}, ask=person)) is None
    ring["realtime_nb", "https://gw.example"] = "k-gw"
    assert sent(resolve_endpoint("https://gw.example/v1", environ={})) == "Bearer k-gw"
    assert sent(resolve_endpoint("http://gw.example/v1", environ={})) is None


@pytest.mark.parametrize(
    ("url", "sends"),
    [
        ("https://api.openai.com/v1", True),
        ("wss://API.OpenAI.com:443/v1", True),
        ("http://api.openai.com/v1", False),
        ("https://api.openai.com:8443/v1", False),
        ("http://gw.example:8080/v1", True),
        ("http://gw.example/v1", False),
        ("https://gw.example:8080/v1", False),
        ("https://r.openai.azure.com", True),
        ("http://r.openai.azure.com", False),
    ],
)
def test_a_key_of_the_environment_goes_to_its_place_and_not_in_clear(url, sends):
    environ = {
        "OPENAI_API_KEY": "sk-openai-123",
        "AZURE_OPENAI_API_KEY": "azure-123",
        "OPENAI_BASE_URL": "http://gw.example:8080/v1",
    }
    assert bool(resolve_endpoint(url, environ=environ).api_key) is sends


@pytest.mark.parametrize(
    "host",
    ["evil.example\\", "evil.example%2f", "evil.example;", "evil.example ", "evil.example,"],
)
def test_a_host_that_two_readers_read_differently_is_none(host):
    with pytest.raises(EndpointError, match="no address of a service"):
        resolve_endpoint(f"https://{host}.openai.azure.com", environ={"AZURE_OPENAI_API_KEY": "k"})


def test_a_key_in_the_path_is_refused_and_not_repeated():
    with pytest.raises(EndpointError, match="a key in its path") as caught:
        resolve_endpoint("https://gw.example/sk-planted-123/v1", environ={})
    assert "planted" not in str(caught.value)
