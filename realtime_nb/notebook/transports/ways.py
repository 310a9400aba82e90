"""``%realtime transports``: which ways of sound work here and now, and why not."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from realtime_nb.notebook.prose import prose
from realtime_nb.notebook.transports.facts import AIORTC, OPENAI
from realtime_nb.protocol.shown_text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from realtime_nb.notebook.transports.facts import Facts

Verdict = Literal["works", "in use", "in part", "no", "not known"]

_MARKS: Final = {"works": "✓", "in use": "✓", "in part": "!", "no": "✗", "not known": "?"}
_CELL: Final = "text-align:left;vertical-align:top;white-space:normal"
_HEADS: Final = ("way", "here and now", "why", "what to do")
_OPEN: Final = "Run a `%%realtime` cell in an open notebook and ask again."
_INSTALL: Final = '`pip install "realtime-nb[webrtc]"`, then restart the kernel.'
_JUPYTERLAB: Final = "Open the notebook in JupyterLab."
_HTTPS: Final = "Open the notebook at `https://` or `localhost` (an SSH tunnel will do)."


@dataclass(frozen=True, slots=True)
class Way:
    """One way of sound.

    Attributes
    ----------
    name
        As it is written.
    verdict
        Whether it works here and now.
    why
        Why it does, or why not: a sentence.
    do
        What to do; ``""`` for nothing.
    """

    name: str
    verdict: Verdict
    why: str
    do: str = ""


@dataclass(frozen=True, slots=True)
class Ways:
    """All of them, as a table.

    Attributes
    ----------
    title
        Of which chat or service.
    ways
        Row by row.
    """

    title: str
    ways: tuple[Way, ...]

    def __getitem__(self, name: str) -> Way:
        """Return a row by the name of its way."""
        for way in self.ways:
            if way.name == name:
                return way
        raise KeyError(name)

    def __repr__(self) -> str:
        rows = [_HEADS[:2], *((way.name, _marked(way)) for way in self.ways)]
        wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
        lines = [self.title]
        for way in self.ways:
            said = f"{way.why} {way.do}".strip().replace("`", "")
            lines.append(f"{way.name:<{wide[0]}}  {_marked(way):<{wide[1]}}  {said}")
        return visible("\n".join(lines))

    def _repr_html_(self) -> str:
        heads = "".join(f'<th style="{_CELL}">{html.escape(head)}</th>' for head in _HEADS)
        rows = "".join(f"<tr>{''.join(_cells(way))}</tr>" for way in self.ways)
        return (
            f"<p>{prose(visible(self.title))}</p>"
            f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        )


def ways_here(facts: Facts, *, name: str = "") -> Ways:
    """Return which ways of sound work.

    Parameters
    ----------
    facts
        What decides it.
    name
        Of the chat that they are about; ``""`` where there is none yet.
    """
    ways = (_comm(facts), _fast(facts), _webrtc(facts), _direct(facts))
    title = f"{name}: {facts.endpoint}" if name else f"{facts.endpoint}, no chat yet"
    used = _used(facts)
    return Ways(
        title,
        tuple(
            Way(way.name, "in use", way.why, way.do) if way.name == used else way
            for way in (*ways, _sideband(facts), _sip(facts))
        ),
    )


def _used(facts: Facts) -> str:
    if facts.state != "open":
        return ""
    if facts.transport == "websocket":
        return "websocket, fast path" if facts.page is not None and facts.page.fast else "websocket"
    return {"webrtc-direct": "webrtc --direct"}.get(facts.transport, facts.transport)


# -- row by row


def _comm(facts: Facts) -> Way:
    name = "websocket"
    page = facts.page
    if page is None:
        return Way(name, "in part", f"Text and recordings work. {_no_page(facts)}", _OPEN)
    if not page.secure:
        return Way(name, "in part", f"{_insecure(facts)} Answers are heard, and you type.", _HTTPS)
    if not page.microphone:
        why = "This page gives no microphone; answers are heard, and you type."
        return Way(name, "in part", why, _JUPYTERLAB)
    return Way(name, "works", "Sound goes through the kernel, in the notebook's own channel.")


def _fast(facts: Facts) -> Way:
    name = "websocket, fast path"
    page = facts.page
    if page is None:
        return Way(name, "not known", _no_page(facts), _OPEN)
    if page.fast:
        return Way(
            name, "works", "Sound goes through the Jupyter Server's relay: chosen by itself."
        )
    return Way(
        name,
        "no",
        "The page found no relay: the Jupyter Server has not the extension, or the kernel runs"
        " on another computer, or the front end names no server.",
        "`jupyter server extension list` should show realtime_nb; sound goes over the comm now.",
    )


def _webrtc(facts: Facts) -> Way:
    name = "webrtc"
    trouble = _no_call(name, facts) or _no_peer(name, facts)
    if trouble is not None:
        return trouble
    why = "Sound goes from this page straight to the service; no key is in the page."
    if facts.azure:
        return Way(name, "not known", f"{why} Not tried with Azure.")
    return Way(name, "works", why)


def _no_peer(name: str, facts: Facts) -> Way | None:
    """Return what is against a call that the page makes, None where nothing is known to be."""
    page = facts.page
    if page is None:
        return Way(name, "not known", f"The page makes the call. {_no_page(facts)}", _OPEN)
    if not page.webrtc:
        return Way(name, "no", "This page has no RTCPeerConnection.", _JUPYTERLAB)
    if facts.on_this_machine and not page.on_loopback:
        return Way(
            name,
            "not known",
            "The service answers on the kernel's computer only, and the page came from"
            f" {page.origin}.",
            "It works where the browser runs on the same computer as the kernel.",
        )
    if not page.secure:
        return Way(name, "in part", f"{_insecure(facts)} Answers are heard, and you type.", _HTTPS)
    return None


def _direct(facts: Facts) -> Way:
    name = "webrtc --direct"
    way = _webrtc(facts)
    if way.verdict == "no" or facts.page is None:
        return Way(name, way.verdict, way.why, way.do)
    if facts.ephemeral:
        return Way(
            name,
            "no",
            "The endpoint's key is an ephemeral one, and that makes no other.",
            "Use the real key in the kernel.",
        )
    why = "As webrtc, and the page calls by itself, with an ephemeral key."
    return Way(name, way.verdict, why if way.verdict == "works" else way.why, way.do)


def _sideband(facts: Facts) -> Way:
    name = "sideband"
    refused = _no_call(name, facts)
    if refused is not None:
        return refused
    call = facts.call_id or "rtc_…"
    why = f"Joins a call that runs elsewhere at {facts.endpoint}, without its sound."
    return Way(name, "works", why, f'`realtime_nb.attach(call_id="{call}")`')


def _sip(facts: Facts) -> Way:
    name = "sip"
    if OPENAI not in facts.packages:
        return Way(name, "no", "The package openai is not installed.", "`pip install openai`")
    if facts.practice:
        return Way(
            name,
            "works",
            "The practice server rings by a fake phone call: no trunk is needed.",
            "`line = realtime_nb.PhoneLine()`, then `line.ring(clip)`",
        )
    if not facts.webhook_secret:
        return Way(
            name,
            "in part",
            "OPENAI_WEBHOOK_SECRET is not set: nothing shows who posts a webhook.",
            "`realtime_nb.PhoneLine(webhook_secret=…)`, and a SIP trunk that leads to the service.",
        )
    return Way(
        name,
        "not known",
        "The secret is set; whether the service reaches this computer shows when it rings.",
        "`line = realtime_nb.PhoneLine()`, and give the service a public URL of `line.url`.",
    )


# -- reasons


def _no_call(name: str, facts: Facts) -> Way | None:
    """Return why there can be no call at all, None where there may be one."""
    if facts.kind == "translation":
        why = "A translation session goes over a WebSocket here."
        return Way(name, "no", why, "`--transport websocket`")
    if facts.practice and AIORTC not in facts.packages:
        why = "The practice server takes no WebRTC calls: the package aiortc is not installed."
        return Way(name, "no", why, _INSTALL)
    return None


def _no_page(facts: Facts) -> str:
    if facts.shown:
        return "No open page shows the chat."
    return "No page is known before a chat is shown."


def _insecure(facts: Facts) -> str:
    origin = "" if facts.page is None else facts.page.origin
    return f"The page came from {origin}, where browsers give no microphone."


def _marked(way: Way) -> str:
    return f"{_MARKS[way.verdict]} {way.verdict}"


def _cells(way: Way) -> Iterable[str]:
    for text in (way.name, _marked(way), way.why, way.do):
        yield f'<td style="{_CELL}">{prose(visible(text))}</td>'
