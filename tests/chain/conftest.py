from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from realtime_nb.chain import ChainServer, resolve_legs
from realtime_nb.client.session import RealtimeSession
from tests.chain.rest_peer import RestPeer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def peer() -> Iterator[RestPeer]:
    peer = RestPeer()
    yield peer
    peer.close()


@pytest.fixture
def chain(peer: RestPeer) -> Iterator[ChainServer]:
    legs = resolve_legs("scribe", "thinker", "reader", endpoint=peer.endpoint)
    server = ChainServer(legs)
    yield server
    server.close()


@pytest.fixture
def session(chain: ChainServer) -> Iterator[RealtimeSession]:
    session = RealtimeSession(chain.endpoint, {})
    session.open().result(10)
    yield session
    session.close().result(10)
