"""Whether a webhook comes from who knows the secret: the check of the `openai` package."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from realtime_nb.client.endpoints.secret import Secret
from realtime_nb.errors import RealtimeError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET_VARIABLE: Final = "OPENAI_WEBHOOK_SECRET"  # noqa: S105 -- the name of a variable
PREFIX: Final = "whsec_"
TOLERANCE_S: Final = 300
"""How old a webhook may be, and how far ahead of our clock, in seconds."""

HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
"""The headers that are looked at; of others nothing is known, and nothing passed on."""

_LONGEST_HEADER: Final = 4096
_SECRET_BYTES: Final = 32
_LEAST_SECRET: Final = 8


class WebhookRefused(RealtimeError):
    """A webhook that is not believed, or cannot be read: one line for people, no secret in it.

    Parameters
    ----------
    message
        What is wrong.
    status
        The HTTP status it is answered with.
    """

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook that is signed, and what it says.

    Attributes
    ----------
    id
        The ``webhook-id``: the same when it is delivered again.
    event
        The JSON object of its body.
    """

    id: str
    event: dict[str, Any]


def find_secret(
    given: str | Secret | None, *, practice: bool, environ: Mapping[str, str] = os.environ
) -> Secret:
    """Return the secret that webhooks are signed with.

    Parameters
    ----------
    given
        The secret, such as ``whsec_…``; None takes ``OPENAI_WEBHOOK_SECRET``, and where the
        endpoint is a practice server a fresh one, which that server is told.
    practice
        Whether it is one.
    environ
        Where the variable is read.

    Raises
    ------
    UsageError
        When there is none, or it can be none.
    """
    where = "webhook_secret"
    text = given.reveal() if isinstance(given, Secret) else given
    if text is None:
        where, text = SECRET_VARIABLE, environ.get(SECRET_VARIABLE, "")
        if not text.strip():
            if practice:
                return Secret(
                    PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
                )
            raise UsageError(
                f"there is no webhook secret: set {SECRET_VARIABLE} before Jupyter starts, or give"
                " webhook_secret=…; the service shows it when you create the webhook."
            )
    text = text.strip()
    if len(text) < _LEAST_SECRET or not text.isascii() or not _decodes(text):
        raise UsageError(f"{where} is no webhook secret: one looks like {PREFIX}… (base64).")
    return Secret(text)


def _decodes(text: str) -> bool:
    if not text.startswith(PREFIX):
        return True
    try:
        # As the package decodes it, which is lenient about foreign characters.
        return bool(base64.b64decode(text.removeprefix(PREFIX)))
    except (binascii.Error, ValueError):
        return False


class Signature:
    """Believes webhooks that are signed with one secret, and not older than five minutes.

    Parameters
    ----------
    secret
        The secret.
    """

    def __init__(self, secret: Secret) -> None:
        # Imported here: the package takes most of a second to load.
        import openai  # noqa: PLC0415

        self._secret = secret
        # Only its `webhooks` are used, which send nothing: the key is none.
        self._webhooks = openai.OpenAI(api_key="none", base_url="http://127.0.0.1/v1").webhooks

    def check(self, body: bytes, headers: Mapping[str, str]) -> Delivery:
        """Return what a webhook says, if it is believed.

        Parameters
        ----------
        body
            As it came, byte for byte.
        headers
            Names in any letters.

        Raises
        ------
        WebhookRefused
            When the signature is wrong, old or missing, or the body is no JSON object.
        """
        known = _picked(headers)
        try:
            # `unwrap` is this check and a parser that makes an object of anything.
            self._webhooks.verify_signature(
                body, known, secret=self._secret.reveal(), tolerance=TOLERANCE_S
            )
        except Exception as error:  # noqa: BLE001 -- it raises ValueError, TypeError, its own…
            reason = _reason(error, known)
        else:
            return Delivery(known["webhook-id"], _object(body))
        # Raised here and not above: the frames behind that error hold the secret.
        raise WebhookRefused(reason)


def _picked(headers: Mapping[str, str]) -> dict[str, str]:
    known = {name.lower(): value for name, value in headers.items()}
    picked = {name: known[name] for name in HEADERS if known.get(name)}
    for name in HEADERS:
        if name not in picked:
            raise WebhookRefused(f"the webhook has no header {name}")
        if len(picked[name]) > _LONGEST_HEADER:
            raise WebhookRefused(f"the webhook's header {name} is too long")
    return picked


def _reason(error: Exception, headers: Mapping[str, str]) -> str:
    said = str(error)
    if "too old" in said:
        return f"the webhook is older than {TOLERANCE_S} s: it was replayed, or a clock is wrong"
    if "too new" in said:
        return f"the webhook is more than {TOLERANCE_S} s ahead: a clock is wrong"
    if not headers["webhook-timestamp"].isdigit():
        return "the webhook's timestamp is no number of seconds"
    return "the webhook's signature does not fit: it was signed with another secret, or changed"


def _object(body: bytes) -> dict[str, Any]:
    try:
        event: Any = orjson.loads(body)
    except ValueError:
        raise WebhookRefused("the webhook is signed, and its body is not JSON") from None
    if not isinstance(event, dict):
        raise WebhookRefused("the webhook is signed, and its body is no JSON object")
    return event  # pyright: ignore[reportUnknownVariableType] -- JSON
