from __future__ import annotations

import copy
import pickle
import traceback

import pytest

from realtime_nb.client.endpoints.secret import Secret

KEY = "sk-proj-very-secret"


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{:>40}".format,
        "%s".__mod__,
        lambda s: repr([s]),
        lambda s: repr({1: s}),
    ],
)
def test_no_text_shows_it(show):
    assert KEY not in show(Secret(KEY))


def test_reveal_gives_it():
    assert Secret(KEY).reveal() == KEY


def test_a_pickle_does_not_hold_it():
    data = pickle.dumps(Secret(KEY))
    assert KEY.encode() not in data
    assert not pickle.loads(data)  # noqa: S301 -- our own


def test_copies_are_the_secret_itself():
    secret = Secret(KEY)
    assert copy.deepcopy([secret])[0] is secret
    assert copy.copy(secret) is secret


def test_it_has_no_dict_to_look_into():
    with pytest.raises(TypeError):
        vars(Secret(KEY))


def test_equality_and_truth():
    assert Secret(KEY) == Secret(KEY)
    assert hash(Secret(KEY)) == hash(Secret(KEY))
    assert Secret(KEY) != Secret("other")
    assert Secret(KEY) != KEY
    assert Secret(KEY)
    assert not Secret()


def test_scrub_blots_it_out():
    assert Secret(KEY).scrub(f"Incorrect key: {KEY}.") == "Incorrect key: [key]."
    assert Secret().scrub("nothing to do") == "nothing to do"


@pytest.mark.parametrize("key", ["x", "none", "EMPTY", "1234567"])
def test_a_key_that_is_no_secret_is_not_blotted_out(key):
    assert not Secret(key).is_secret
    assert Secret(key).scrub("none of EMPTY x 1234567") == "none of EMPTY x 1234567"


def test_a_traceback_with_locals_does_not_show_it():
    def fails(secret):
        raise ValueError(secret)

    try:
        fails(Secret(KEY))
    except ValueError as error:
        shown = "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )
    assert "secret = Secret(set)" in shown


@pytest.mark.parametrize(
    "told",
    ["pa%2bss%2fwo%26rd%3c%3e", "pa+ss/wo&amp;rd&lt;&gt;", "pa%2Bss%2Fwo%26rd%3C%3E"],
)
def test_scrub_knows_it_in_urls_and_html(told):
    assert Secret("pa+ss/wo&rd<>").scrub(f"not {told}!") == "not [key]!"


@pytest.mark.parametrize("end", ["", "...", "\u2026"])
def test_a_key_that_is_cut_off_at_the_end_is_blotted_out(end):
    key = Secret("sk-proj-" + "0123456789abcdef" * 8)
    assert key.scrub(f"no: {key.reveal()[:70]}{end}") == "no: [key]"
    assert key.scrub("it begins with sk-proj-") == "it begins with sk-proj-"
    assert key.scrub(f"{key.reveal()[:12]} and other words") == "sk-proj-0123 and other words"
