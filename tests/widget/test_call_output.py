from __future__ import annotations

import threading

from ipywidgets.widgets.widget import _instances

from realtime_nb.widget import CallOutput, ChatWidget

PRINT = {"output_type": "stream", "name": "stdout", "text": "hello"}


def models() -> set[str]:
    return set(_instances)


def test_a_display_holds_the_outputs_and_goes_with_all_it_brought() -> None:
    before, displays = models(), CallOutput()
    model_id = displays.show([PRINT])
    model = _instances[model_id]
    assert model.outputs == (PRINT,)
    assert (model._view_name, model._view_module) == ("OutputView", "@jupyter-widgets/output")
    displays.forget(model_id)
    displays.forget(model_id)
    assert models() == before


def test_it_is_made_on_any_thread() -> None:
    displays, made = CallOutput(), []
    thread = threading.Thread(target=lambda: made.append(displays.show([PRINT])))
    thread.start()
    thread.join()
    assert made[0] in models()
    displays.close()
    assert made[0] not in models()


def test_a_chat_s_displays_end_with_its_widget() -> None:
    widget = ChatWidget("chat")
    model_id = widget.displays.show([PRINT])
    assert model_id in models()
    widget.close()
    assert model_id not in models()
