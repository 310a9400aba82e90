"""Lines that may be called from this computer, published so that `realtime-nb call` finds them.

A line tells its practice server the address and the secret of its webhook, and gets a ticket
for it. The ticket stands in a file that only its owner may read, in Jupyter's runtime folder:
who reads it may ring this line, and nothing else. Neither the secret nor the server's token is
in it.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from jupyter_core.paths import jupyter_runtime_dir

from realtime_nb.audio.private_file import process_runs, write_private
from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.client.endpoints.service import Endpoint
from realtime_nb.client.posting import post
from realtime_nb.errors import ConnectionFailed, EndpointError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX: Final = "realtime-nb-phone-"
_TIMEOUT_S: Final = 5.0
_PATH: Final = "/practice/phone/lines"


@dataclass(frozen=True, slots=True)
class PublishedLine:
    """A line that may be called; made by `publish_line`.

    Attributes
    ----------
    path
        Its file.
    endpoint
        Rings this line: for `place_call`, without a webhook of its own.
    """

    path: Path
    endpoint: Endpoint = field(repr=False)

    def withdraw(self) -> None:
        """Take the file away; the practice server forgets the line when it ends."""
        self.path.unlink(missing_ok=True)


def publish_line(endpoint: Endpoint, webhook_url: str, webhook_secret: Secret) -> PublishedLine:
    """Tell a practice server where its calls are answered, and publish the line; blocks.

    Parameters
    ----------
    endpoint
        A practice server, with its token.
    webhook_url
        On this computer.
    webhook_secret
        What signs.

    Raises
    ------
    ConnectionFailed
        When the practice server does not answer, or refuses.
    """
    body = {"url": webhook_url, "secret": webhook_secret.reveal()}
    try:
        answer = post(endpoint, _PATH, body, _TIMEOUT_S)
    except (TimeoutError, ConnectionError) as error:
        raise ConnectionFailed(
            f"the line cannot be published at {endpoint.name}: {error or 'no answer in time'}"
        ) from None
    ticket = answer.data.get("ticket")
    if answer.refused or not isinstance(ticket, str):
        why = webhook_secret.scrub(str(answer.error.get("message", f"HTTP {answer.status}")))
        raise ConnectionFailed(f"the line cannot be published at {endpoint.name}: {why}")
    path = Path(jupyter_runtime_dir()) / f"{_PREFIX}{secrets.token_hex(6)}.json"
    told = {"url": webhook_url, "server": endpoint.base_url, "ticket": ticket}
    write_private(path, told)
    return PublishedLine(path, _endpoint(endpoint.base_url, ticket))


def published_lines() -> list[PublishedLine]:
    """Return the lines of processes that still run, the newest first."""
    return [line for _, line in sorted(_found(), key=lambda found: -found[0])]


def newest_line() -> PublishedLine:
    """Return the line that was published last.

    Raises
    ------
    EndpointError
        When there is none.
    """
    lines = published_lines()
    if not lines:
        raise EndpointError(
            "nobody waits for calls on this computer: open a PhoneLine in a notebook, or name a"
            " practice server (--server URL, its token in REALTIME_NB_TOKEN) and a webhook (--to)"
        )
    return lines[0]


def _found() -> Iterator[tuple[float, PublishedLine]]:
    for path in Path(jupyter_runtime_dir()).glob(f"{_PREFIX}*.json"):
        try:
            told: Any = json.loads(path.read_text(encoding="utf-8"))
            written = path.stat().st_mtime
        except (OSError, ValueError):
            continue  # taken away this moment, or not ours
        if not isinstance(told, dict):
            continue
        given = cast("dict[str, Any]", told)
        server, ticket, pid = given.get("server"), given.get("ticket"), given.get("pid")
        if isinstance(server, str) and isinstance(ticket, str) and process_runs(pid):
            yield written, PublishedLine(path, _endpoint(server, ticket))


def _endpoint(server: str, ticket: str) -> Endpoint:
    return Endpoint(
        base_url=server,
        model="",
        name="the local practice server",
        practice=True,
        api_key=Secret(ticket),
        key_source="the line's ticket",
    )
