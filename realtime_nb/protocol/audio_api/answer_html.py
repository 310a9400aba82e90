"""How an answer shows itself in a cell, and in the saved notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from realtime_nb.protocol.shown_text import escaped

if TYPE_CHECKING:
    from realtime_nb.protocol.audio_api.answer import AudioAnswer
    from realtime_nb.protocol.cost.prices import Price

_LONGEST: Final = 20_000
_SHORT: Final = 300
_QUIET: Final = "color:var(--jp-ui-font-color2,GrayText);font-size:var(--jp-ui-font-size1,13px)"
_WARNING: Final = "border-left:3px solid var(--jp-warn-color1,#ef6c00);padding-left:.6em"


def answer_html(answer: AudioAnswer) -> str:
    """Return an answer as HTML: its player, what is said, and a line of facts.

    What the model and the service say is anybody's text and escaped.
    """
    return "".join(
        (
            '<div style="max-width:60em">',
            _player(answer),
            _said(answer),
            "".join(_run(run.name, run.arguments, run.output) for run in answer.runs),
            "".join(_call(call) for call in answer.tool_calls),
            _problem(answer),
            f'<div style="{_QUIET}">{facts_html(answer)}</div>',
            "</div>",
        )
    )


def facts_html(answer: AudioAnswer) -> str:
    """Return what is known about an answer, in one line of HTML."""
    who = "local practice server, not a model" if answer.practice else answer.model
    facts = [escaped(who, _SHORT)]
    if answer.voice and answer.seconds:
        facts.append(escaped(answer.voice, _SHORT))
    if answer.seconds:
        facts.append(f"{answer.seconds:.1f} s")
    facts += [tokens_of(answer.usage), escaped(told_price(answer.price), _SHORT)]
    first = answer.timings.get("first_sound", answer.timings.get("first_text"))
    # What came whole came all at once.
    if first is not None and answer.spool is not None:
        what = "sound" if "first_sound" in answer.timings else "text"
        facts.append(f"first {what} after {first:,.0f} ms")
    if "whole" in answer.timings:
        facts.append(f"whole after {answer.timings['whole']:,.0f} ms")
    return " · ".join(fact for fact in facts if fact)


def tokens_of(usage: dict[str, Any] | None) -> str:
    """Return the tokens of a `usage` object, in and out; ``""`` where they are not told."""
    told = usage or {}
    counts = (told.get("prompt_tokens"), told.get("completion_tokens"))
    if not all(isinstance(count, int) for count in counts):
        return ""
    return f"{counts[0]:,} tokens in, {counts[1]:,} out"


def told_price(price: Price) -> str:
    """Return a price for people, or why there is none."""
    if price.usd is None:
        return f"cost unknown: {price.reason}"
    return f"{price.usd:.4f} USD" if price.usd else "free of charge"


def _player(answer: AudioAnswer) -> str:
    if answer.clip is not None:
        return answer.clip._repr_html_()  # pyright: ignore[reportPrivateUsage] -- what IPython itself calls
    if answer.data:
        return (
            f"<p>{len(answer.data):,} bytes of {escaped(answer.format, 20)}, which nothing here"
            " decodes: .save(…) keeps them.</p>"
        )
    return ""


def _said(answer: AudioAnswer) -> str:
    texts = [text for text in (answer.transcript, answer.content) if text]
    style = "white-space:pre-wrap;overflow-wrap:anywhere;margin:.4em 0"
    return "".join(f'<div style="{style}">{escaped(text, _LONGEST)}</div>' for text in texts)


def _run(name: str, arguments: str, output: str) -> str:
    said = f"{escaped(f'{name}({arguments})', _SHORT)} → {escaped(output, _SHORT)}"
    return f'<div style="{_QUIET}">called {said}</div>'


def _call(call: dict[str, Any]) -> str:
    function = call["function"]
    asked = escaped(f"{function['name']}({function['arguments']})", _SHORT)
    return f'<div style="{_QUIET}">asks for {asked}</div>'


def _problem(answer: AudioAnswer) -> str:
    if not answer.problem:
        return ""
    mark = "<b>partial</b>: " if answer.partial else ""
    return f'<div style="{_WARNING}">{mark}{escaped(answer.problem, _SHORT)}</div>'
