"""Which API to take for sound: one table, and three questions that choose a row of it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from realtime_nb.errors import UsageError
from realtime_nb.notebook.prose import prose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Latency = Literal["low-latency", "no-hurry"]
Manner = Literal["talk", "script"]
Stream = Literal["in", "out", "both", "none"]

_CELL_STYLE: Final = "text-align:left;vertical-align:top"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to work with sound.

    Attributes
    ----------
    api
        Its name.
    cell
        The cell or the call that uses it.
    example
        A cell to begin with.
    takes, gives
        What goes in and what comes out.
    streaming
        What is streamed.
    when
        What it is for.
    """

    api: str
    cell: str
    example: str
    takes: str
    gives: str
    streaming: str
    when: str


REALTIME: Final = Way(
    api="Realtime API",
    cell="`%%realtime`",
    example="%%realtime\nYou are a friendly tutor.",
    takes="sound, text, images",
    gives="sound, text",
    streaming="sound in; sound and text out",
    when="A conversation without waiting: the model hears and speaks itself.",
)
REALTIME_TRANSCRIPTION: Final = Way(
    api="Realtime API, a transcription session",
    cell="`%%realtime` with `type: transcription`",
    example="%%realtime\n---\ntype: transcription\n---",
    takes="sound",
    gives="text",
    streaming="sound in; text out",
    when="Words written down while they are spoken.",
)
CHAT: Final = Way(
    api="Chat Completions API",
    cell="`%%audio_chat`",
    example="%%audio_chat --stream\nIs a golden retriever a good family dog?",
    takes="sound, text",
    gives="sound, text",
    streaming="sound and text out",
    when="A model that hears and speaks, with function calling, where an answer may take seconds.",
)
CHAIN: Final = Way(
    api="Transcription, a text model, and Speech, in a chain",
    cell="`ChainedAgent`",
    example='agent = ChainedAgent(chat="gpt-4.1-mini", voice="marin")\nagent',
    takes="sound, text",
    gives="sound, text",
    streaming="sound in; sound and text out, later",
    when="A spoken conversation of which you read, check or change every word before it is said.",
)
SPEECH: Final = Way(
    api="Speech API",
    cell="`%%speak`",
    example="%%speak --voice marin\nWelcome. Today is a wonderful day.",
    takes="text",
    gives="sound",
    streaming="sound out",
    when="Your own text read aloud, word for word.",
)
TRANSCRIPTION: Final = Way(
    api="Transcription API",
    cell="`%transcribe`",
    example="%transcribe clip --stream",
    takes="sound",
    gives="text",
    streaming="text out",
    when="A recording written down, with times and speakers where the model has them.",
)
TRANSLATION: Final = Way(
    api="Translation API",
    cell="`%translate_audio`",
    example="%translate_audio clip",
    takes="sound",
    gives="text in English",
    streaming="none",
    when="A recording in another language written down in English.",
)

WAYS: Final = (
    REALTIME,
    REALTIME_TRANSCRIPTION,
    CHAT,
    CHAIN,
    SPEECH,
    TRANSCRIPTION,
    TRANSLATION,
)
"""The table, as it also stands in ``docs/audio-cells.md``."""

HEADS: Final = ("API", "cell", "in", "out", "streams", "take it for")


@dataclass(frozen=True, slots=True)
class _Question:
    """A question, the words that answer it, and the one that is taken for no answer."""

    asks: str
    answers: dict[str, str]
    default: str


_QUESTIONS: Final = (
    _Question(
        "Low latency: must the answer come at once? low-latency / no-hurry [no-hurry] ",
        {
            **dict.fromkeys(("low-latency", "low", "fast", "yes", "y"), "low-latency"),
            **dict.fromkeys(("no-hurry", "high-latency", "slow", "no", "n"), "no-hurry"),
        },
        "no-hurry",
    ),
    _Question(
        "Talk with a model, or control the script? talk / script [talk] ",
        {"talk": "talk", "t": "talk", "script": "script", "s": "script"},
        "talk",
    ),
    _Question(
        "Is sound streamed in, out, both ways (stream), or not? in / out / stream / none [out] ",
        {
            "in": "in",
            "out": "out",
            **dict.fromkeys(("stream", "both"), "both"),
            **dict.fromkeys(("none", "no-stream", "file"), "none"),
        },
        "out",
    ),
)


@dataclass(frozen=True)
class Which:
    """The table, with the way that was chosen and why; shown below a cell."""

    chosen: Way | None = None
    why: str = ""

    def __iter__(self) -> Iterator[Way]:
        return iter(WAYS)

    def __repr__(self) -> str:
        if self.chosen is None:
            lines = [f"{way.cell.replace('`', ''):<42} {way.api}: {way.when}" for way in WAYS]
            return "\n".join(lines)
        cell = self.chosen.cell.replace("`", "")
        return f"{self.chosen.api}: {cell}. {self.why}\n\n{self.chosen.example}"

    def _repr_html_(self) -> str:
        heads = "".join(f'<th style="{_CELL_STYLE}">{head}</th>' for head in HEADS)
        rows = "".join(_row_html(way, chosen=way is self.chosen) for way in WAYS)
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        if self.chosen is None:
            return table
        return (
            f"<p><strong>{html.escape(self.chosen.api)}</strong>: {prose(self.chosen.cell)}."
            f" {html.escape(self.why)}</p><pre>{html.escape(self.chosen.example)}</pre>{table}"
        )


def choose(latency: Latency, manner: Manner, stream: Stream) -> Which:
    """Return the way that fits three answers.

    Parameters
    ----------
    latency
        Whether the answer must come at once.
    manner
        Whether one talks with a model, or controls the script of what is said and written.
    stream
        Which way sound is streamed; with a script, sound that comes in is written down, sound
        that goes out is read aloud.
    """
    if manner == "talk":
        return _to_talk(latency, stream)
    match stream:
        case "both":
            return Which(CHAIN, "Speech is written down, answered as text, and read aloud.")
        case "out":
            return Which(
                SPEECH, "It says your text and nothing else, and plays before it is whole."
            )
        case "in" if latency == "low-latency":
            return Which(REALTIME_TRANSCRIPTION, "Only a session writes while somebody speaks.")
        case _:
            return Which(
                TRANSCRIPTION,
                "It takes a recording; its text can stream. `%%speak` is the other way.",
            )


def _to_talk(latency: Latency, stream: Stream) -> Which:
    if latency == "low-latency":
        return Which(REALTIME, "Only a session answers within a fraction of a second.")
    if stream in ("in", "both"):
        return Which(REALTIME, "Only a session takes sound while it is spoken.")
    return Which(CHAT, "It takes recordings and answers in sound; --stream plays as it comes.")


def ask_which(words: Sequence[str], ask: Callable[[str], str] | None) -> Which:
    """Return what fits the answers given as words, or to questions.

    Parameters
    ----------
    words
        The answers, in any order; what is missing is asked, where one can.
    ask
        Asks a person; None where nobody can be asked: then without words the whole table is
        the answer, and what is missing takes its default.

    Raises
    ------
    UsageError
        For a word that answers nothing, or two that answer the same question.
    """
    given = _given(words)
    if not given and ask is None:
        return Which()
    answers: list[str] = []
    for number, question in enumerate(_QUESTIONS):
        answer = given.get(number)
        if answer is None and ask is not None:
            answer = _answer(question, ask)
        answers.append(answer or question.default)
    return choose(*answers)  # pyright: ignore[reportArgumentType] -- of the questions' own words


def markdown_table() -> str:
    """Return the table as Markdown, as the documentation has it."""
    rows = [HEADS, ("---",) * len(HEADS), *map(_row, WAYS)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _given(words: Sequence[str]) -> dict[int, str]:
    given: dict[int, str] = {}
    for word in words:
        places = [n for n, question in enumerate(_QUESTIONS) if word.lower() in question.answers]
        if not places:
            raise UsageError(
                f"%realtime which knows no {word!r}: write low-latency or no-hurry, talk or"
                " script, and in, out, stream or none."
            )
        if places[0] in given:
            raise UsageError(f"%realtime which: {word!r} answers what was answered; keep one.")
        given[places[0]] = _QUESTIONS[places[0]].answers[word.lower()]
    return given


def _answer(question: _Question, ask: Callable[[str], str]) -> str:
    said = ""
    while True:
        try:
            typed = ask(said + question.asks).strip().lower()
        except EOFError:
            return question.default
        except KeyboardInterrupt:
            raise UsageError("the question was interrupted; nothing was chosen.") from None
        if not typed:
            return question.default
        if typed in question.answers:
            return question.answers[typed]
        words = ", ".join(dict.fromkeys(question.answers.values())).replace("both", "stream")
        said = f"{typed[:40]!r} is none of {words}. "


def _row(way: Way) -> tuple[str, ...]:
    return (way.api, way.cell, way.takes, way.gives, way.streaming, way.when)


def _row_html(way: Way, *, chosen: bool) -> str:
    mark = ' aria-current="true"' if chosen else ""
    style = f"{_CELL_STYLE};font-weight:bold" if chosen else _CELL_STYLE
    cells = "".join(f'<td style="{style}">{prose(part)}</td>' for part in _row(way))
    return f"<tr{mark}>{cells}</tr>"
