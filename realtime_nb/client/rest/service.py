"""REST requests to one endpoint, by the ``openai`` package: what goes out, and what fails.

The package is given the endpoint's URL, headers and query and nothing of the environment:
no key, account or header that happens to be set there goes to a host that was only named.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Final, TypeVar

from realtime_nb.client.endpoints.keys import is_loopback
from realtime_nb.client.quiet_logs import keep_quiet
from realtime_nb.client.rest.failures import explain
from realtime_nb.client.rest.notices import Notice
from realtime_nb.client.rest.retries import RetryWatch
from realtime_nb.errors import RealtimeError
from realtime_nb.protocol.credentials import hide_texts

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from openai import AsyncOpenAI

    from realtime_nb.client.endpoints.service import Endpoint

__all__ = ["Notice", "RestService"]

T = TypeVar("T")

_CONNECT_S: Final = 10.0
# Of what the package writes into a request's head, what may leave; all else may be a key or an
# account of the environment.
_OWN_HEADERS: Final = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "content-type", "host"}
    | {"transfer-encoding", "user-agent"}
)
_OWN_PREFIX: Final = "x-stainless-"


class RestService:
    """One endpoint's REST API.

    Parameters
    ----------
    endpoint
        Where requests go, and with which key.
    timeout_s
        How long the service may be silent, in seconds; a stream may last longer.
    max_retries
        How often a request is made again: after 408, 409, 429, 5xx, and no answer.
    on_notice
        Called with a `Notice` for each of these, on the background loop's thread.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        timeout_s: float = 600.0,
        max_retries: int = 2,
        on_notice: Callable[[Notice], object] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.timeout_s = timeout_s
        self.max_retries = max_retries
        self.on_notice = on_notice

    async def run(self, work: Callable[[AsyncOpenAI], Awaitable[T]]) -> T:
        """Return what `work` makes of the endpoint's client; the way to make a request.

        Cancelled, it closes the connection at once.

        Parameters
        ----------
        work
            Given an ``AsyncOpenAI`` that lives as long as it does.

        Raises
        ------
        RequestRefused
            When the service refuses.
        ConnectionFailed
            When it is not reached, or the connection breaks.
        CallTimeout
            When it is silent for too long.
        """
        failure: BaseException
        client: AsyncOpenAI | None = None
        try:
            client = await asyncio.to_thread(self._open)
            return await work(client)
        except (RealtimeError, asyncio.CancelledError) as error:
            failure = error
        except Exception as error:  # noqa: BLE001 -- whatever openai, httpx or the system raise
            failure = self.explain(error)
        finally:
            await _closed(client)
        # Raised here and not above: the frames behind the first one hold the key, or what the
        # service said of it.
        failure.__cause__ = failure.__context__ = None
        raise failure.with_traceback(None)

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncGenerator[AsyncOpenAI]:
        """Give the endpoint's ``AsyncOpenAI``; what fails within leaves as with `run`."""
        client: AsyncOpenAI | None = None
        try:
            client = await asyncio.to_thread(self._open)
            yield client
        except (RealtimeError, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 -- whatever openai, httpx or the system raise
            failure = self.explain(error)
            _forget_frames(error)
            raise failure from None
        finally:
            await _closed(client)

    def without_keys(self, said: Any) -> Any:
        """Return JSON that the service answered, parsed, without its own keys wherever they are."""
        return hide_texts(said, self.endpoint.scrub_keys)

    def explain(self, error: BaseException) -> RealtimeError:
        """Return the error for people that stands for one of ``openai``, ``httpx`` or Python."""
        return explain(error, self.endpoint, self.timeout_s)

    def _open(self) -> AsyncOpenAI:
        """Return the package's client; on a thread, for it takes a while and the loop plays."""
        import openai  # noqa: PLC0415 -- takes most of a second

        keep_quiet(self.endpoint)
        endpoint, watch = self.endpoint, RetryWatch(self.max_retries, self.on_notice)

        async def sending(request: Any) -> None:
            watch.sending(request)
            for name in list(request.headers):
                if name not in _OWN_HEADERS and not name.startswith(_OWN_PREFIX):
                    del request.headers[name]
            request.headers.update(endpoint.headers())

        async def received(response: Any) -> None:
            watch.received(response)

        local = is_loopback(endpoint.host)
        timeout = openai.Timeout(self.timeout_s, connect=min(_CONNECT_S, self.timeout_s))
        return openai.AsyncOpenAI(
            # The true one is put into the request's head, behind the package's back.
            api_key="kept-elsewhere",
            admin_api_key="",
            organization="",
            project="",
            webhook_secret="",
            base_url=endpoint.base_url,
            default_query=dict(endpoint.extra_query) or None,
            timeout=timeout,
            max_retries=self.max_retries,
            http_client=openai.DefaultAsyncHttpxClient(
                timeout=timeout,
                # It would take the key and the body to a host nobody named.
                follow_redirects=False,
                # A proxy for the world has no way to this machine.
                trust_env=not local,
                # Reading the certificates takes longer than all else, and plain HTTP has none.
                verify=not (local and endpoint.base_url.startswith("http:")),
                event_hooks={"request": [sending], "response": [received]},
            ),
        )


async def _closed(client: AsyncOpenAI | None) -> None:
    if client is None:
        return
    # What was cancelled or broke may not close in good order either.
    with contextlib.suppress(Exception):
        await client.close()


def _forget_frames(error: BaseException | None) -> None:
    """Take the frames from an error and what led to it: they hold the key."""
    while error is not None:
        error.__traceback__ = None
        error, before = error.__cause__ or error.__context__, error
        before.__cause__ = before.__context__ = None
