"""A practice call at the command line: what happens to it is printed line by line."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from realtime_nb.client.endpoints.endpoint import url_endpoint
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.practice_phone.call import DEFAULT_CALLER, place_call
from realtime_nb.client.practice_phone.published import newest_line
from realtime_nb.errors import EndpointError, UsageError
from realtime_nb.protocol.shown_text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.practice_phone.call import PhoneNews

SECRET_VARIABLE: Final = "OPENAI_WEBHOOK_SECRET"  # noqa: S105 -- a variable's name, no secret
TOKEN_VARIABLE: Final = "REALTIME_NB_TOKEN"  # noqa: S105 -- a variable's name, no token
_LONGEST: Final = 300
_STATES: Final = {
    "ringing": "ringing, {}",
    "accepted": "accepted",
    "rejected": "rejected, {}",
    "referred": "referred to {}",
    "ended": "hung up: {}",
    "failed": "failed: {}",
}


def call_and_tell(  # noqa: PLR0913 -- the command line's options, one for one
    clip: Path,
    *,
    say: Callable[[str], object],
    server: str | None = None,
    to: str | None = None,
    secret: str | None = None,
    caller: str | None = None,
    headers: Sequence[str] = (),
    dtmf: str = "",
    save: Path | None = None,
    quiet_s: float | None = None,
    environ: Mapping[str, str] = os.environ,
) -> bool:
    """Place a practice call and tell what becomes of it.

    Parameters
    ----------
    clip
        The file that the caller plays.
    say
        Told a line at a time.
    server
        Base URL of a practice server; None for that of the line published last.
    to, secret
        The webhook and what signs it; None for those that the practice server knows.
    caller
        The caller's number.
    headers
        Further headers of the call, each as ``Name: value``.
    dtmf
        Keys pressed after the clip.
    save
        Where to write what the caller heard.
    quiet_s
        How long nothing is heard before the caller hangs up, in seconds.
    environ
        Where the practice server's token and the webhook's secret are read.

    Returns
    -------
    bool
        Whether somebody answered, be it with a refusal.

    Raises
    ------
    RealtimeError
        When the call could not be placed.
    """
    signs = None
    if to is not None:
        signs = Secret(secret or environ.get(SECRET_VARIABLE, ""))
        if not signs:
            raise UsageError(
                f"what goes to --to is signed: set {SECRET_VARIABLE}, or name --secret-file"
            )
    elif secret is not None:
        raise UsageError("--secret-file signs what goes to --to: name that too")
    endpoint = _practice_server(server, to, environ)
    placed = place_call(
        endpoint,
        clip,
        webhook_url=to,
        webhook_secret=signs,
        caller=caller or DEFAULT_CALLER,
        headers=[_header(header) for header in headers],
        dtmf=dtmf,
        on_state=lambda news: say(_line(news)),
        quiet_s=quiet_s,
    )
    try:
        result = placed.result()
    except KeyboardInterrupt:
        placed.cancel()
        raise
    if len(result.heard):
        say(f"heard {result.heard.duration_s:.1f} s")
    if save is not None:
        say(f"saved {result.heard.save(save)}")
    return result.state != "failed"


def _practice_server(server: str | None, to: str | None, environ: Mapping[str, str]) -> Endpoint:
    if server is not None:
        found = url_endpoint(server, "", environ=environ)
        if not found.api_key:
            raise EndpointError(
                f"no token for {found.name}: set {TOKEN_VARIABLE} to what it printed"
            )
        return replace(found, practice=True)
    if to is not None:
        raise UsageError(
            "--to needs --server: the practice server that makes the call, as in"
            " --server http://127.0.0.1:8765/v1"
        )
    return newest_line().endpoint


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise UsageError(f'{text[:80]!r} is no header; write "Name: value"')
    return name.strip(), value.strip()


def _line(news: PhoneNews) -> str:
    # Told by whoever answers the call: no more than text, and of one line.
    detail = plain(" ".join(news.detail.split()), _LONGEST)
    return f"{news.t_ms / 1000:6.1f} s  {_STATES[news.state].format(detail)}"
