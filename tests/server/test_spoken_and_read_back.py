"""What ``/v1/audio/speech`` says, ``/v1/audio/transcriptions`` writes down: the word error rate.

With the real voice and the real recogniser, over plain sentences that were written before
anything was measured. With the sentences as `prompt` the recogniser expects them; without, its
general model guesses, and a synthetic voice is hard for it. Both rates are printed at the end of
the run, with the time it took.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from openai import AsyncOpenAI

from realtime_nb.audio.codec import decode
from realtime_nb.speech.engines import load_engines
from tests.server.serving import TOKEN, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from realtime_nb.speech.interfaces import Engines

SENTENCES: Final = (
    "The train to London leaves at seven.",
    "Please read the letter again before you sign it.",
    "My sister lives in a small house near the river.",
    "We had soup and bread for lunch yesterday.",
    "The meeting was moved to Thursday afternoon.",
    "He left his keys on the kitchen table.",
    "It will rain tomorrow morning in the north.",
    "Can you tell me where the station is?",
    "She has been learning Spanish for two years.",
    "The children are playing football in the garden.",
    "I would like a cup of coffee with milk.",
    "Our neighbors have a large brown dog.",
    "The shop on the corner closes at nine.",
    "There are three new messages on your phone.",
    "The doctor said that everything looks fine.",
    "Turn left at the second traffic light.",
    "This book was written more than a hundred years ago.",
    "They watched an old film about the sea.",
    "Remember to water the plants on Friday.",
    "The price of tickets has gone up again.",
)
PROMPT: Final = " ".join(SENTENCES)

# Half as long as the sound on a quiet machine, several times as long on a busy one.
pytestmark = pytest.mark.timeout(600)

# Measured: 0 % with the prompt, 45 % without it, each time the same.
BOUND_WITH_PROMPT: Final = 0.10
BOUND_WITHOUT: Final = 0.70


@dataclass
class ReadBack:
    """What came back.

    Parameters
    ----------
    texts
        For each sound, in order.
    said
        How many words were.
    sound_s, took_s
        How long the sounds are, and how long it took to write them down.
    """

    texts: list[str]
    said: int
    sound_s: float
    took_s: float


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Return how many words were replaced, left out or added (Levenshtein's distance)."""
    row = list(range(len(heard) + 1))
    for count, word in enumerate(said, 1):
        before, row = row, [count]
        for place, other in enumerate(heard):
            row.append(min(before[place] + (word != other), before[place + 1] + 1, row[-1] + 1))
    return row[-1]


def rate(said: Sequence[str], heard: Sequence[str]) -> float:
    """Return the word error rate over all texts."""
    pairs = [(words(one), words(other)) for one, other in zip(said, heard, strict=True)]
    return sum(word_errors(one, other) for one, other in pairs) / sum(len(one) for one, _ in pairs)


@pytest.fixture(scope="module")
def engines() -> Engines:
    loaded = load_engines()
    assert not loaded.missing
    return loaded


@asynccontextmanager
async def talking(engines: Engines) -> AsyncIterator[AsyncOpenAI]:
    async with serving() as served:
        served.shared.engines = engines
        async with AsyncOpenAI(base_url=served.url, api_key=TOKEN, max_retries=0) as api:
            yield api


async def read_back(api: AsyncOpenAI, sentences: Sequence[str], prompt: str) -> ReadBack:
    before = time.perf_counter()
    # One is spoken while another is written down; more would load more decoders.
    at_once = asyncio.Semaphore(2)

    async def one(sentence: str) -> tuple[str, float]:
        async with at_once:
            spoken = await api.audio.speech.create(
                model="gpt-4o-mini-tts", voice="alloy", input=sentence, response_format="wav"
            )
            samples, hz = decode(spoken.content)
            heard = await api.audio.transcriptions.create(
                model="gpt-4o-transcribe", file=("spoken.wav", spoken.content), prompt=prompt
            )
        return heard.text, len(samples) / hz

    backs = await asyncio.gather(*map(one, sentences))
    took_s = time.perf_counter() - before
    said = sum(len(words(sentence)) for sentence in sentences)
    return ReadBack([text for text, _ in backs], said, sum(long_s for _, long_s in backs), took_s)


@pytest.fixture
def tell(record_property: Any, capsys: pytest.CaptureFixture[str]) -> Callable[..., None]:
    """Return what prints a rate, whether output is captured or not, and keeps it in reports."""

    def tell(what: str, error: float, back: ReadBack) -> None:
        factor = back.took_s / back.sound_s
        record_property("word_error_rate", round(error, 4))
        record_property("real_time_factor", round(factor, 3))
        with capsys.disabled():
            sys.stdout.write(
                f"\nword error rate {what}: {error:.1%} of {back.said} words; "
                f"{back.sound_s:.0f} s of sound in {back.took_s:.0f} s "
                f"(real-time factor {factor:.2f})\n"
            )

    return tell


async def test_expected_sentences_come_back(engines: Engines, tell: Callable[..., None]) -> None:
    async with talking(engines) as api:
        back = await read_back(api, SENTENCES, PROMPT)
    error = rate(SENTENCES, back.texts)
    tell("with the sentences as prompt", error, back)
    assert error <= BOUND_WITH_PROMPT


async def test_unexpected_sentences_come_back_as_guesses(
    engines: Engines, tell: Callable[..., None]
) -> None:
    async with talking(engines) as api:
        back = await read_back(api, SENTENCES, "")
    error = rate(SENTENCES, back.texts)
    tell("without a prompt", error, back)
    assert error <= BOUND_WITHOUT
    # Better than a recogniser that knows nothing: an empty text has an error of 1.
    assert sum(bool(text) for text in back.texts) == len(SENTENCES)


async def test_a_text_read_in_one_go_comes_back_in_one_go(
    engines: Engines, tell: Callable[..., None]
) -> None:
    async with talking(engines) as api:
        # Half of them: what matters is that the server finds the pauses between them.
        whole = " ".join(SENTENCES[:10])
        back = await read_back(api, [whole], PROMPT)
    error = rate([whole], back.texts)
    tell("of one file of ten of them, with the prompt", error, back)
    assert error <= BOUND_WITH_PROMPT


def test_the_distance_counts_every_kind_of_error() -> None:
    assert word_errors(["a", "b", "c"], ["a", "b", "c"]) == 0
    assert word_errors(["a", "b", "c"], ["a", "x", "c"]) == 1
    assert word_errors(["a", "b", "c"], ["a", "c"]) == 1
    assert word_errors(["a", "b", "c"], ["a", "b", "b", "c", "d"]) == 2
    assert word_errors(["a", "b", "c"], []) == 3
    assert rate(["A b.", "c d"], ["a b", ""]) == 0.5
