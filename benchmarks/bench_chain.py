"""From the end of speech to the first sound: a chain beside a realtime session, both local.

And what a chain itself costs: the same with services that answer at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))  # the scripted service of the tests

import realtime_nb
from realtime_nb import side_by_side
from realtime_nb.notebook.chats.chat import Chat
from realtime_nb.speech.voices import say_as_user
from tests.chain.rest_peer import RestPeer

PHRASES = ("what is seven plus five", "what time is it", "what day is it", "who are you")
TIMES = ("vad_ms", "transcript_ms", "first_token_ms", "first_sound_ms")


def main() -> None:
    """Print medians, and each value."""
    chat = Chat(
        realtime_nb.resolve_endpoint("local"),
        {"audio": {"input": {"transcription": {"model": "gpt-transcribe"}}}},
    )
    chat.open()
    peer = RestPeer()
    agent = realtime_nb.ChainedAgent(endpoint="local")
    bare = realtime_nb.ChainedAgent("a", "b", "c", endpoint=peer.endpoint, name="at once")
    rows: dict[str, list[dict[str, float | None]]] = {}
    for turn, phrase in enumerate(["hello", *PHRASES, *PHRASES]):
        for side in side_by_side(say_as_user(phrase), chat, agent, bare).sides:
            if turn:  # the first one makes engines and connections
                rows.setdefault(side.name, []).append(dict(side.times))
    for name, times in rows.items():
        print(f"{name}, {len(times)} turns")
        for column in TIMES:
            values = [row[column] for row in times if row[column] is not None]
            if values:
                shown = ", ".join(f"{value:.0f}" for value in sorted(values))
                print(f"  {column:15} median {median(values):6.0f} ms   ({shown})")
    for ended in (bare, agent, chat):
        ended.close()
    peer.close()


if __name__ == "__main__":
    main()
