"""What the legs of a chain are called."""

from __future__ import annotations

from realtime_nb.chain.legs import Legs
from realtime_nb.client.endpoints.service import Endpoint


def test_a_practice_leg_is_not_called_by_the_name_of_a_model() -> None:
    here = Endpoint("http://127.0.0.1:1/v1", "whisper-1", "here", practice=True)
    there = Endpoint("https://example.com/v1", "thinker", "there")
    assert Legs(here, there, here).model == "chain: local-demo > thinker > local-demo"
