"""What code written for the openai package calls is here, by the same names and arguments."""

from __future__ import annotations

import inspect

import pytest
from openai.resources.realtime import realtime as package
from openai.resources.realtime.translations import translations

from realtime_nb.client import connection as module
from realtime_nb.client.resources import (
    ConversationItemResource,
    InputAudioBufferResource,
    OutputAudioBufferResource,
    ResponseResource,
    SessionResource,
    TranslationInputResource,
)
from realtime_nb.client.transport.open_connection import Connection

PAIRS = [
    (package.AsyncRealtimeConnection, Connection),
    (package.AsyncRealtimeConnectionManager, module.ConnectionManager),
    (package.AsyncRealtimeSessionResource, SessionResource),
    (package.AsyncRealtimeResponseResource, ResponseResource),
    (package.AsyncRealtimeInputAudioBufferResource, InputAudioBufferResource),
    (package.AsyncRealtimeConversationItemResource, ConversationItemResource),
    (package.AsyncRealtimeOutputAudioBufferResource, OutputAudioBufferResource),
    (translations.AsyncTranslationsConnection, Connection),
    (translations.AsyncTranslationsSessionResource, SessionResource),
    (translations.AsyncTranslationsSessionInputAudioBufferResource, TranslationInputResource),
]


def methods(one):
    return {
        name: value
        for name, value in inspect.getmembers(one, inspect.isfunction)
        if not name.startswith("_")
    }


@pytest.mark.parametrize(("theirs", "ours"), PAIRS, ids=lambda one: one.__name__)
def test_every_method_of_the_package_is_here_with_its_arguments(theirs, ours):
    assert methods(theirs)
    for name, method in methods(theirs).items():
        own = methods(ours)[name]
        asked, taken = inspect.signature(method).parameters, inspect.signature(own).parameters
        assert asked.keys() <= taken.keys()
        for parameter, kind in asked.items():
            positional = kind.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
            assert positional <= (
                taken[parameter].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
            ), f"{name}({parameter})"
        assert inspect.iscoroutinefunction(own) is inspect.iscoroutinefunction(method), name
