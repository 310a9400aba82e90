"""Endpoints by name: the file, what it may say, and which key goes where."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_nb.client.endpoints.endpoint import resolve_endpoint
from realtime_nb.client.endpoints.named import endpoints_file, named_endpoints
from realtime_nb.errors import EndpointError

WORK = """
[endpoints.work]
url = "https://gateway.example/team/v1?region=eu"
model = "gpt-realtime-2.1-mini"
key_env = "WORK_KEY"
headers = { "X-Team" = "speech" }

[endpoints.bench]
url = "http://127.0.0.1:9/v1"
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "endpoints.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_a_name_stands_for_its_url_model_key_and_headers(written):
    found = resolve_endpoint("work", environ={"WORK_KEY": "wk-1"}, file=written(WORK))
    assert found.name == "work"
    assert found.websocket_url() == (
        "wss://gateway.example/team/v1/realtime?model=gpt-realtime-2.1-mini&region=eu"
    )
    assert found.headers() == {"Authorization": "Bearer wk-1", "X-Team": "speech"}
    assert found.key_source == "WORK_KEY"
    assert found.costs


def test_a_model_that_is_asked_for_wins(written):
    environ = {"WORK_KEY": "wk-1"}
    assert resolve_endpoint("work", "other", environ=environ, file=written(WORK)).model == "other"
    bench = resolve_endpoint("bench", environ={}, file=written(WORK))
    assert bench.model == "gpt-realtime-2.1"
    assert not bench.costs
    assert bench.headers() == {}


def test_the_file_may_send_any_variable_to_its_host_and_a_url_may_not(written):
    path = written('[endpoints.g]\nurl = "https://gw.example/v1"\nkey_env = "OPENAI_API_KEY"')
    environ = {"OPENAI_API_KEY": "sk-mine"}
    assert resolve_endpoint("g", environ=environ, file=path).headers() == {
        "Authorization": "Bearer sk-mine"
    }
    assert resolve_endpoint("https://gw.example/v1", environ=environ).headers() == {}


def test_a_key_header_of_its_own(written):
    path = written(
        '[endpoints.g]\nurl = "https://gw.example/v1"\nkey_env = "K"\nkey_header = "X-Key"'
    )
    found = resolve_endpoint("g", environ={"K": "k-1"}, file=path)
    assert found.headers() == {"X-Key": "k-1"}


def test_a_key_that_is_missing_is_named(written):
    with pytest.raises(EndpointError, match="no key for the endpoint work: set WORK_KEY"):
        resolve_endpoint("work", environ={}, file=written(WORK))


def test_an_unknown_name_gets_the_nearest_and_all(written):
    with pytest.raises(EndpointError, match=r"'wrok'; did you mean 'work'\? There are local, ope"):
        resolve_endpoint("wrok", environ={}, file=written(WORK))
    with pytest.raises(EndpointError, match="'zzz'; there are local, openai, azure, work, bench"):
        resolve_endpoint("zzz", environ={}, file=written(WORK))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[endpoints.a]\nurl = "https://h/v1"\nkey = "sk-planted"', "holds a key; keep it in a va"),
        ('[endpoints.a]\nurl = "https://h/v1"\napi_key = "planted"', "api_key holds a key"),
        ('[endpoints.a]\nurl = "https://h/v1"\nmodel = "sk-planted"', "model holds a key"),
        ('[endpoints.a]\nurl = "https://h/v1"\nkey_env = "sk-planted"', "key_env holds a key"),
        ('[endpoints.a]\nurl = "https://h/v1"\nkey_env = "planted-k"', "no name of a variable"),
        ('[endpoints.a]\nurl = "https://h/v1?api-key=planted"', "carries a key in its query"),
        ('[endpoints.a]\nurl = "https://u:planted@h/v1"', "a user or password"),
        (
            '[endpoints.a]\nurl = "https://h/v1"\nheaders = { Authorization = "planted" }',
            "the header 'Authorization' would hold a key",
        ),
        (
            '[endpoints.a]\nurl = "https://h/v1"\nheaders = { X = "Bearer planted" }',
            "the header 'X' would hold a key",
        ),
        ('[endpoints.a]\nurl = "https://h/v1"\nheaders = "planted"', "headers is no table"),
        ('[endpoints.a]\nurl = "https://h/v1"\nheaders = { X = 1 }', "one line of text"),
        ('[endpoints.a]\nurl = "https://h/v1"\nurll = "x"', r"'urll'; did you mean 'url'\? There"),
        ('[endpoints.a]\nmodel = "m"', "url is missing"),
        ('[endpoints.a]\nurl = ""', "url is no text"),
        ('[endpoints.a]\nurl = "h/v1"', "no address of a service"),
        ('[endpoints.a]\nurl = "https://h/v1"\nkeyring = "mine"', 'write keyring = "service/user"'),
        (
            '[endpoints.a]\nurl = "https://h/v1"\nkeyring = "planted0123456789"',
            "keyring names no entry",
        ),
        (
            '[endpoints.a]\nurl = "https://h/v1"\nkey_env = "planted0123456789abcdefgh"',
            "key_env is no name of a variable",
        ),
        ('[endpoints.a]\nurl = "https://h/v1"\nkey_header = "a: b"', "no name of a header"),
        ('[endpoints.a]\nurl = "https://h/v1"\nheaders = { "X\\nY" = "z" }', "no name of a header"),
        ('[endpoints.a]\nurl = "https://h/v1"\nheaders = { X = "\u00e9" }', "one line of text"),
        ("a = " + "[" * 5000, "is not TOML"),
        ('[endpoints.openai]\nurl = "https://h/v1"', "the name is taken"),
        ('[endpoints]\na = "https://h/v1"', "write its fields below it"),
        ('url = "https://h/v1"', r"write each endpoint as \[endpoints.NAME\]"),
        ('endpoints = "x"', r"write each endpoint as \[endpoints.NAME\]"),
        ("[endpoints.a", "is not TOML"),
        ("", "no endpoint is called 'a'"),
    ],
)
def test_what_the_file_says_wrongly_is_told_in_one_line(written, text, message):
    with pytest.raises(EndpointError, match=message) as caught:
        resolve_endpoint("a", environ={}, file=written(text))
    assert "\n" not in str(caught.value)
    assert "planted" not in str(caught.value)


def test_the_file_lies_where_the_user_says_and_never_beside_the_notebook(
    tmp_path, monkeypatch, written
):
    monkeypatch.chdir(tmp_path)
    path = written(WORK)
    assert endpoints_file({"REALTIME_NB_ENDPOINTS": str(path)}) == path
    assert list(named_endpoints(environ={"REALTIME_NB_ENDPOINTS": str(path)})) == ["work", "bench"]
    with pytest.raises(EndpointError, match="depends on the notebook's folder"):
        endpoints_file({"REALTIME_NB_ENDPOINTS": "endpoints.toml"})
    with pytest.raises(EndpointError, match="depends on the notebook's folder"):
        named_endpoints(Path(path.name), environ={})
    usual = endpoints_file({})
    assert usual.parts[-2:] == ("realtime_nb", "endpoints.toml")
    assert usual.is_absolute()
    assert usual.parent != Path.cwd()


def test_only_the_usual_file_may_be_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert named_endpoints(environ={}) == {}
    nowhere = tmp_path / "nowhere.toml"
    with pytest.raises(EndpointError, match="there is no file"):
        named_endpoints(nowhere, environ={})
    with pytest.raises(EndpointError, match="there is no file"):
        named_endpoints(environ={"REALTIME_NB_ENDPOINTS": str(nowhere)})
    with pytest.raises(EndpointError, match="cannot be read"):
        named_endpoints(tmp_path, environ={})


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "endpoints.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(EndpointError, match="is not TOML"):
        named_endpoints(path, environ={})


def test_a_file_of_windows_may_begin_with_its_mark(tmp_path):
    path = tmp_path / "endpoints.toml"
    path.write_text(WORK, "utf-8-sig")
    assert "work" in named_endpoints(path, environ={})
