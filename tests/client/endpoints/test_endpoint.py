from __future__ import annotations

import copy
import pickle
from urllib.parse import parse_qs, urlsplit

import pytest

from realtime_nb.client.endpoints import endpoint as module
from realtime_nb.client.endpoints.endpoint import (
    DEFAULT_MODEL,
    Endpoint,
    openai_endpoint,
    resolve_endpoint,
    url_endpoint,
)
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.errors import EndpointError

KEY = "sk-live-1234567890"
ENVIRON = {"OPENAI_API_KEY": KEY}


def keys_sent(endpoint):
    headers = {name.lower(): value for name, value in endpoint.headers().items()}
    return headers.get("authorization") or headers.get("api-key")


class Practice:
    url = "http://127.0.0.1:1234/v1"
    token = "tok-abc"  # noqa: S105 -- planted


@pytest.fixture
def practice(monkeypatch):
    monkeypatch.setattr(module.LocalServer, "shared", classmethod(lambda _cls: Practice()))


def test_with_a_key_it_is_openai():
    found = resolve_endpoint(environ=ENVIRON)
    assert (found.name, found.base_url) == ("OpenAI", "https://api.openai.com/v1")
    assert found.model == DEFAULT_MODEL
    assert not found.practice
    assert found.websocket_url() == f"wss://api.openai.com/v1/realtime?model={DEFAULT_MODEL}"
    assert found.headers() == {"Authorization": f"Bearer {KEY}"}


@pytest.mark.usefixtures("practice")
@pytest.mark.parametrize("environ", [{}, {"OPENAI_API_KEY": ""}, {"OPENAI_API_KEY": "  "}])
def test_without_a_key_it_is_the_local_server(environ):
    found = resolve_endpoint(environ=environ)
    assert found.practice
    assert found.name == "local practice server"
    assert found.base_url == Practice.url
    assert keys_sent(found) == "Bearer tok-abc"


@pytest.mark.usefixtures("practice")
def test_local_is_local_also_with_a_key():
    assert resolve_endpoint("local", environ=ENVIRON).practice


def test_openai_without_a_key_says_what_to_do():
    with pytest.raises(EndpointError, match=r"OPENAI_API_KEY is not set.*endpoint local"):
        resolve_endpoint("openai", environ={})


def test_the_variables_of_the_openai_package_are_honoured():
    environ = {
        **ENVIRON,
        "OPENAI_BASE_URL": "https://gateway.example/openai/v1/",
        "OPENAI_ORG_ID": "org-1",
        "OPENAI_PROJECT_ID": "proj-1",
    }
    found = resolve_endpoint(environ=environ)
    assert found.websocket_url().startswith("wss://gateway.example/openai/v1/realtime?model=")
    assert found.name == "gateway.example"
    assert found.headers() == {
        "Authorization": f"Bearer {KEY}",
        "OpenAI-Organization": "org-1",
        "OpenAI-Project": "proj-1",
    }
    assert keys_sent(openai_endpoint("m", api_key="sk-other", environ=environ)) == "Bearer sk-other"


@pytest.mark.parametrize(
    ("url", "websocket"),
    [
        ("http://localhost:8000/v1", "ws://localhost:8000/v1/realtime?model=m"),
        ("https://h/deep/er/v1/", "wss://h/deep/er/v1/realtime?model=m"),
        ("ws://10.0.0.2:9/v1", "ws://10.0.0.2:9/v1/realtime?model=m"),
        ("wss://h", "wss://h/realtime?model=m"),
        ("https://[::1]:8/v1", "wss://[::1]:8/v1/realtime?model=m"),
        ("https://h/v1?api-version=2026-01", "wss://h/v1/realtime?model=m&api-version=2026-01"),
    ],
)
def test_urls_keep_their_path_and_query(url, websocket):
    assert url_endpoint(url, "m", environ={}).websocket_url() == websocket


def test_a_query_of_ones_own_replaces_the_model():
    found = url_endpoint("https://h/v1", "m", environ={})
    assert found.websocket_url({"intent": "transcription"}) == (
        "wss://h/v1/realtime?intent=transcription"
    )
    assert Endpoint("https://h/v1", "", "h").websocket_url() == "wss://h/v1/realtime"


def test_extras_pass_through_and_win():
    found = url_endpoint("https://h/v1", "a b", api_key="k", environ={}).with_extras(
        {"X-Trace": "1"}, {"deployment": "d&e"}
    )
    assert parse_qs(urlsplit(found.websocket_url()).query) == {
        "model": ["a b"],
        "deployment": ["d&e"],
    }
    assert found.headers() == {"Authorization": "Bearer k", "X-Trace": "1"}
    own = found.with_extras({"authorization": "Bearer own"}, {})
    assert own.headers() == {"X-Trace": "1", "authorization": "Bearer own"}
    assert own.with_model("other").model == "other"


@pytest.mark.parametrize(
    "url",
    ["https://res.openai.azure.com/openai/v1", "https://x.cognitiveservices.azure.com/openai/v1"],
)
def test_azure_gets_its_key_in_its_own_header(url):
    found = resolve_endpoint(url, environ={**ENVIRON, "AZURE_OPENAI_API_KEY": "az"})
    assert found.headers() == {"api-key": "az"}
    assert urlsplit(found.websocket_url()).path == "/openai/v1/realtime"


@pytest.mark.parametrize(
    ("url", "environ", "sent"),
    [
        ("https://evil.example/v1", ENVIRON, None),
        ("https://openai.com.evil.example/v1", ENVIRON, None),
        ("https://evil-openai.azure.com.evil/v1", {"AZURE_OPENAI_API_KEY": "az"}, None),
        ("http://127.0.0.1:1/v1", ENVIRON, None),
        ("https://api.openai.com/v1", ENVIRON, f"Bearer {KEY}"),
        ("https://h/v1", {**ENVIRON, "REALTIME_NB_API_KEY": "mine"}, "Bearer mine"),
        ("https://h/v1", {**ENVIRON, "REALTIME_NB_TOKEN": "t"}, None),
        ("http://127.0.0.1:1/v1", {"REALTIME_NB_TOKEN": "t"}, "Bearer t"),
        ("http://[::1]:1/v1", {"REALTIME_NB_TOKEN": "t"}, "Bearer t"),
        ("http://localhost:1/v1", {"REALTIME_NB_TOKEN": "t"}, "Bearer t"),
        (
            "https://gw.example/v1",
            {**ENVIRON, "OPENAI_BASE_URL": "https://gw.example/x"},
            f"Bearer {KEY}",
        ),
    ],
)
def test_a_key_goes_only_where_it_belongs(url, environ, sent):
    assert keys_sent(resolve_endpoint(url, environ=environ)) == sent


@pytest.mark.parametrize(
    "wrong", ["ftp://h/v1", "https://", "https://h:notaport/v1", "http://[::1/v1", "https:///v1"]
)
def test_what_is_no_url_is_refused_in_one_line(wrong):
    with pytest.raises(EndpointError, match="no address of a service") as caught:
        resolve_endpoint(wrong, environ={})
    assert "\n" not in str(caught.value)


AZURE = {"AZURE_OPENAI_ENDPOINT": "https://res.openai.azure.com", "AZURE_OPENAI_API_KEY": "az"}


@pytest.mark.parametrize(
    ("resource", "websocket"),
    [
        ("https://res.openai.azure.com", "wss://res.openai.azure.com/openai/v1/realtime"),
        ("https://res.openai.azure.com/", "wss://res.openai.azure.com/openai/v1/realtime"),
        (
            "https://res.openai.azure.com/openai/v1/",
            "wss://res.openai.azure.com/openai/v1/realtime",
        ),
        ("https://gw.example/team/openai/v1", "wss://gw.example/team/openai/v1/realtime"),
        ("https://gw.example", "wss://gw.example/openai/v1/realtime"),
    ],
)
def test_azure_is_the_resource_that_its_variable_names(resource, websocket):
    found = resolve_endpoint("azure", "mine", environ={**AZURE, "AZURE_OPENAI_ENDPOINT": resource})
    assert found.websocket_url() == f"{websocket}?model=mine"
    assert found.headers() == {"api-key": "az"}
    assert found.name.startswith("Azure (")
    assert found.costs


def test_a_bare_azure_resource_as_a_url_gets_its_path():
    found = resolve_endpoint("https://res.openai.azure.com", "mine", environ=AZURE)
    assert found.websocket_url() == "wss://res.openai.azure.com/openai/v1/realtime?model=mine"


@pytest.mark.parametrize(
    "path",
    [
        "/openai/realtime?api-version=2024-10-01-preview&deployment=mine",
        "/openai/v1?api-version=2025-04-01-preview",
        "/openai/deployments/mine",
        "/v1",
    ],
)
def test_azures_preview_protocol_is_refused_with_what_to_write(path):
    resource = AZURE["AZURE_OPENAI_ENDPOINT"] + path
    for endpoint, environ in (
        ("azure", {**AZURE, "AZURE_OPENAI_ENDPOINT": resource}),
        (resource, AZURE),
    ):
        with pytest.raises(EndpointError, match=r"GA protocol.*write https://NAME\.openai\.azure"):
            resolve_endpoint(endpoint, environ=environ)


def test_azure_without_resource_or_key_says_which_variable():
    with pytest.raises(EndpointError, match="AZURE_OPENAI_ENDPOINT is not set"):
        resolve_endpoint("azure", environ={"AZURE_OPENAI_API_KEY": "az"})
    without = {"AZURE_OPENAI_ENDPOINT": "https://res.openai.azure.com", **ENVIRON}
    with pytest.raises(EndpointError, match="AZURE_OPENAI_API_KEY is not set"):
        resolve_endpoint("azure", environ=without)


def test_azure_translates_nothing():
    for endpoint in ("azure", "https://res.openai.azure.com/openai/v1"):
        with pytest.raises(EndpointError, match="Azure has no translation sessions"):
            resolve_endpoint(endpoint, environ=AZURE, kind="translation")


@pytest.mark.usefixtures("practice")
def test_each_kind_has_its_model_and_its_url():
    translation = resolve_endpoint("openai", environ=ENVIRON, kind="translation")
    assert translation.websocket_url(kind="translation") == (
        "wss://api.openai.com/v1/realtime/translations?model=gpt-realtime-translate"
    )
    transcription = resolve_endpoint("openai", environ=ENVIRON, kind="transcription")
    assert transcription.model == ""
    for model in (None, "m"):
        found = resolve_endpoint("openai", model, environ=ENVIRON, kind="transcription")
        assert found.websocket_url(kind="transcription") == (
            "wss://api.openai.com/v1/realtime?intent=transcription"
        )
    local = resolve_endpoint("local", environ=ENVIRON, kind="translation")
    assert local.model == "local-demo"


@pytest.mark.usefixtures("practice")
def test_only_what_is_on_this_machine_costs_nothing():
    assert not resolve_endpoint("local", environ=ENVIRON).costs
    for url in ("http://localhost:1/v1", "http://127.9.9.9:1/v1", "http://[::1]:1/v1"):
        assert not resolve_endpoint(url, environ={}).costs
    for url in ("http://192.168.0.2/v1", "https://localhost.evil.example/v1"):
        assert resolve_endpoint(url, environ={}).costs
    assert resolve_endpoint("openai", environ=ENVIRON).costs


@pytest.mark.parametrize(
    "query",
    ["api-key=hunter2", "key=hunter2", "access_token=hunter2", "API_KEY=hunter2", "x=sk-hunter2"],
)
def test_a_key_in_the_query_is_refused_and_not_repeated(query):
    with pytest.raises(EndpointError, match=r"key in its query.*REALTIME_NB_API_KEY") as caught:
        resolve_endpoint(f"https://h/v1?{query}", environ={})
    assert "hunter2" not in str(caught.value)


def test_an_unknown_name_is_refused(tmp_path):
    file = tmp_path / "endpoints.toml"
    file.touch()
    with pytest.raises(EndpointError, match="is called 'nowhere'; there are local, openai, azure,"):
        resolve_endpoint("nowhere", environ={}, file=file)


@pytest.mark.parametrize(
    "url",
    ["https://user:hunter2@h/v1", "https://hunter2@h/v1", "htps://u:hunter2@h/v1?key=hunter2"],
)
def test_a_password_in_the_url_is_refused_and_not_repeated(url):
    with pytest.raises(EndpointError) as caught:
        resolve_endpoint(url, environ={})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("key", ["sk-abc\ndef", "sk-ünicode", "two words", "sk\x00"])
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(key):
    with pytest.raises(EndpointError, match="OPENAI_API_KEY holds characters") as caught:
        resolve_endpoint(environ={"OPENAI_API_KEY": key})
    assert key not in str(caught.value)


def test_white_space_around_a_key_is_forgiven():
    assert keys_sent(resolve_endpoint(environ={"OPENAI_API_KEY": f" {KEY}\n"})) == f"Bearer {KEY}"


def test_no_text_copy_or_pickle_shows_a_key():
    found = url_endpoint("https://h/v1", "m", api_key=KEY, environ={}).with_extras(
        {"X-Other-Key": "second-secret"}, {"sig": "third-secret"}
    )
    assert copy.deepcopy(found).headers() == found.headers()
    assert hash(found) == hash(copy.copy(found))
    data = pickle.dumps(found)
    for secret in (KEY, "second-secret", "third-secret"):
        assert secret not in repr(found)
        assert secret not in str(found)
        assert secret.encode() not in data
    restored = pickle.loads(data)  # noqa: S301 -- our own
    assert restored.base_url == found.base_url
    assert not restored.api_key
    assert keys_sent(restored) is None


def test_the_key_source_is_named():
    assert resolve_endpoint(environ=ENVIRON).key_source == "OPENAI_API_KEY"
    assert resolve_endpoint("https://h/v1", environ={}).key_source == "REALTIME_NB_API_KEY"
    assert not resolve_endpoint("https://h/v1", environ={}).api_key
    assert Endpoint("https://h/v1", "m", "h", api_key=Secret("x")).key_source == ""
