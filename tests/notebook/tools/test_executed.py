"""Tools in a real kernel, in a notebook that is executed without a page."""

from __future__ import annotations

from typing import Any

import nbformat
from nbclient import NotebookClient

DEFINE = '''import time, warnings
import matplotlib.pyplot as plt, pandas as pd

def get_weather(city: str) -> pd.DataFrame:
    """The weather of a city."""
    print("looking at", city)
    warnings.warn("thin air")
    plt.plot([1, 2])
    return pd.DataFrame({"city": [city], "t": [17]})'''
CELL = """%%realtime --endpoint local
---
tools: [get_weather]
---
You are a guide."""
ASK = """chat.say("what is the weather in Paris").result(30)
end = time.monotonic() + 30
while "get_weather({" not in SHOWN() and time.monotonic() < end:
    time.sleep(0.05)
print("the cell's own")"""
SHOWN = """def SHOWN():
    sent = chat.toolbox._outputs._sent
    return "get_weather({" if sent else \"\""""
MAIN = '''import threading

@chat.tool(main=True)
def set_timer(seconds: int) -> str:
    """Set a timer."""
    return threading.current_thread().name'''
HAND = 'chat.call("set_timer", seconds=5)'


def test_what_calls_show_stands_in_the_cell_that_ran() -> None:
    cells = ["%load_ext realtime_nb", DEFINE, CELL, SHOWN, ASK, MAIN, HAND]
    notebook: Any = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, timeout=90, kernel_name="python3").execute()
    asked = notebook.cells[4].outputs
    displays = [one.data for one in asked if one.output_type == "display_data"]
    plain = [data.get("text/plain", "") for data in displays]
    assert plain[0].startswith('get_weather({"city": "Paris"}) · ')
    assert plain[1] == "looking at Paris\n"
    assert "UserWarning: thin air" in plain[2]
    assert "image/png" in displays[3]
    assert "<td>Paris</td>" in displays[4]["text/html"]
    assert len(displays) == 5
    assert [one.text for one in asked if one.output_type == "stream"] == ["the cell's own\n"]
    by_hand = notebook.cells[6].outputs[-1].data["text/plain"]
    assert by_hand.endswith("the model would be given:\nMainThread")
