"""A chain: a realtime session whose ears, words and voice are three REST services.

What hears, thinks and speaks here are requests to services of the audio API, one leg each:
``transcribe``, ``chat``, ``speak``. Around them is the practice server's own session (turns,
items, responses, their events and their order), and voice activity on this machine. It
listens on a loopback port inside the process, and clients talk to it as to any service.
"""

from realtime_nb.chain.legs import Legs, resolve_legs
from realtime_nb.chain.port import ChainServer

__all__ = ["ChainServer", "Legs", "resolve_legs"]
