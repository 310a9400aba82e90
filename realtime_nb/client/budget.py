"""What a session may cost: once that is spent, nothing is begun that would cost more.

The rules it keeps:

- The service tells what something has cost when it has ended. So the cap is looked at before
  each new thing, and what is under way when it is reached goes on to its end: what is spent
  may lie above the budget by that much.
- Once it is reached, our requests are refused before they are sent, and no sound is sent any
  more: without sound no turn ends, so turn detection begins no response, nothing is written
  down and nothing translated.
- What the service begins by itself all the same (a turn that had ended before) is cancelled
  as it begins; it bills what went in. An idle timeout, which begins responses without any
  sound, is switched off, and comes back when the budget is raised. So is, on a call, that turns
  are answered: its sound does not go through here, and whoever is on it may talk on.
- What has no known price cannot be counted, and counts as nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from realtime_nb.client.kinds import APPENDS
from realtime_nb.client.listeners import Listeners
from realtime_nb.errors import BudgetExceeded, RealtimeError, UsageError
from realtime_nb.protocol.cost.meter import CostMeter, Total, usd_text
from realtime_nb.protocol.told import as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_nb.client.endpoints.service import Endpoint
    from realtime_nb.client.turns.sequencer import Transmit
    from realtime_nb.protocol.config.problem import SessionKind
    from realtime_nb.protocol.conversation.reducer import Conversation
    from realtime_nb.protocol.events import Event
    from realtime_nb.protocol.log.event_log import Record

_BILLED: Final = APPENDS | {"response.create", "input_audio_buffer.commit"}
# Sound that is billed by its length costs a little more with every frame: told in steps of a
# tenth of a cent.
_STEP_USD: Final = 0.001
_MOST_USD: Final = 1e15  # beyond it nobody means it, and a float has no cents any more
_IDLE_OFF: Final[Mapping[str, Any]] = {"idle_timeout_ms": None}
_ANSWERS_OFF: Final[Mapping[str, Any]] = {"create_response": False}
_NANO: Final = 9  # decimals, so that a sum of floats that should be the budget reaches it


class Requests(Protocol):
    """Knows which responses were asked for by us."""

    def asked_for(self, response_id: str) -> bool:
        """Whether we asked for this response."""
        ...


class Budget:
    """Counts what a session costs, and refuses what would cost more than it may.

    Parameters
    ----------
    endpoint
        Which service, and with which model.
    kind
        The kind of session, where the service does not say.
    transmit
        Sends a client event.
    requests
        Tells our responses from the service's own.
    conversation
        Knows the session in force, and how much sound was sent.
    on_call
        Whether the sound runs elsewhere, on a call.

    Attributes
    ----------
    changed
        Told of every change of what is spent, on the session's thread.
    """

    def __init__(  # noqa: PLR0913 -- what it stands between
        self,
        endpoint: Endpoint,
        kind: SessionKind,
        transmit: Transmit,
        requests: Requests,
        conversation: Conversation,
        *,
        on_call: bool = False,
    ) -> None:
        self._meter = CostMeter(endpoint.model, free=endpoint.practice, kind=kind)
        self._by_sound = kind != "realtime"
        self._transmit = transmit
        self._requests = requests
        self._conversation = conversation
        self._limit_usd: float | None = None
        self._off = {**_IDLE_OFF, **_ANSWERS_OFF} if on_call else _IDLE_OFF
        self._before: dict[str, Any] = {}
        self._told = Total(free=endpoint.practice)
        self._was_spent = False
        self.changed: Listeners[Total] = Listeners()

    @property
    def limit_usd(self) -> float | None:
        """What may be spent, in USD; None for no limit."""
        return self._limit_usd

    @limit_usd.setter
    def limit_usd(self, limit: object) -> None:
        self._limit_usd = valid_budget(limit)

    @property
    def total(self) -> Total:
        """What has been spent so far."""
        return self._meter.total

    @property
    def spent(self) -> bool:
        """Whether nothing new may be begun."""
        if self._limit_usd is None:
            return False
        total = self._meter.total
        return not total.free and round(total.known_usd, _NANO) >= self._limit_usd

    @property
    def refusal(self) -> str | None:
        """Why nothing new may be begun, in a line; None where it may."""
        if self._limit_usd is None or not self.spent:
            return None
        more = max(2 * self._limit_usd, 1.0)
        return (
            f"the budget of {usd_text(self._limit_usd)} is spent ({self.total} so far):"
            f" nothing more is asked for. Raise it with chat.budget = {more:g},"
            f" or `budget: {more:g}` in the cell"
        )

    def check(self, kind: str = "response.create") -> None:
        """Raise where a client event of this type would cost money that may not be spent.

        Raises
        ------
        BudgetExceeded
            With what is spent, the budget, and how to raise it.
        """
        if kind in _BILLED and (refusal := self.refusal) is not None:
            raise BudgetExceeded(
                refusal,
                spent_usd=self.total.known_usd,
                budget_usd=self._limit_usd or 0.0,
            )

    def take(self, record: Record) -> None:
        """Count an event that has passed."""
        if record.event.type in APPENDS:
            if self._by_sound and record.direction == "sent":
                self._meter.sent(self._conversation.sent_audio_ms)
                self.review(at_least_usd=_STEP_USD)
        elif self._meter.take(record) is not None:
            self.review()

    def received(self, event: Event) -> None:
        """Cancel a response that the service has begun by itself although all is spent."""
        if event.type != "response.created" or not self.spent:
            return
        response_id = event.get("response.id")
        if isinstance(response_id, str) and not self._requests.asked_for(response_id):
            self._send({"type": "response.cancel", "response_id": response_id})

    def review(self, *, at_least_usd: float = 0.0) -> None:
        """Look at what is spent and what may be; tell of what is new.

        Parameters
        ----------
        at_least_usd
            A smaller change than this is not told, unless the cap is reached by it.
        """
        total, spent = self.total, self.spent
        turned = spent != self._was_spent
        if at_least_usd and not turned and total.known_usd - self._told.known_usd < at_least_usd:
            return
        self._was_spent, self._told = spent, total
        if turned:
            self._detection(stop=spent)
        self.changed.tell(total)

    def _detection(self, *, stop: bool) -> None:
        """Switch off what begins responses without any sound of ours; or on again as it was."""
        audio = as_object((self._conversation.session or {}).get("audio"))
        now = as_object(as_object(audio.get("input")).get("turn_detection"))
        if stop:
            self._before = {name: now[name] for name in self._off if name in now}
        wanted = self._off if stop else self._before
        change = {
            name: value
            for name, value in wanted.items()
            if name in now and now[name] != value and (stop or now[name] == self._off[name])
        }
        if change:
            detection = {"type": now.get("type"), **change}
            session = {"type": "realtime", "audio": {"input": {"turn_detection": detection}}}
            self._send({"type": "session.update", "session": session})

    def _send(self, event: dict[str, Any]) -> None:
        try:
            # A refusal changes nothing: the response has ended, or there is no such field.
            self._transmit(event, refuse=lambda _error: None)
        except RealtimeError:
            return  # the session is over, and with it what costs


def valid_budget(limit: object) -> float | None:
    """Return a budget as it was meant: USD, or None for no limit.

    Raises
    ------
    UsageError
        For what is no amount.
    """
    if limit is None:
        return None
    if isinstance(limit, int | float) and not isinstance(limit, bool) and 0 <= limit < _MOST_USD:
        return float(limit)
    raise UsageError(f"the budget {limit!r} is no amount: write USD such as 0.50, or none.")
