"""The functions there are: added, replaced, followed through the cells of a notebook, removed."""

from __future__ import annotations

import importlib
import sys
import threading

import pytest

from realtime_nb.client.tools.registry import ToolRegistry
from realtime_nb.errors import ConfigError
from realtime_nb.protocol.tools.options import ToolOptions, with_options


def cell(source, names):
    """Run a cell of a notebook."""
    names.setdefault("__name__", "__main__")
    exec(source, names)  # noqa: S102 -- what a cell is
    return names


def look(city: str) -> str:
    """Look."""
    return city


def test_tools_stand_under_their_names_in_their_order():
    registry, heard = ToolRegistry(), []
    undo = registry.subscribe(lambda name, tool: heard.append((name, tool)))
    first = registry.add(look)
    second = registry.add(look, ToolOptions(name="stare", description="Look long."))

    assert registry.names == ("look", "stare")
    assert registry.tools == (first, second)
    assert [one["description"] for one in registry.definitions()] == ["Look.", "Look long."]
    assert (first.function, first.options, registry.get("look")) == (look, ToolOptions(), first)
    assert "look" in registry
    assert len(registry) == 2

    registry.remove("look")
    assert registry.get("look") is None
    assert second.made_s >= first.made_s > 1e9
    undo()
    registry.remove("stare")
    assert heard == [("look", first), ("stare", second), ("look", None)]
    with pytest.raises(KeyError):
        registry.remove("look")


def test_the_later_of_two_with_one_name_replaces():
    registry = ToolRegistry()
    registry.add(look)
    later = registry.add(lambda: 1, ToolOptions(name="look"))
    assert registry.tools == (later,)
    assert registry.changed() == []  # whoever adds one tells of it


def test_what_cannot_be_described_changes_nothing():
    registry = ToolRegistry()
    kept = registry.add(look)

    def bad(*city):
        """Take."""

    with pytest.raises(ConfigError, match=r"its parameter \*city"):
        registry.add(bad, ToolOptions(name="look"))
    assert registry.tools == (kept,)


def test_options_that_a_function_carries_are_its_own():
    registry = ToolRegistry()
    options = ToolOptions(approve=True, timeout_s=5)
    carried = with_options(lambda: 1, ToolOptions(name="one", approve=True))
    assert registry.add(carried).options == ToolOptions(name="one", approve=True)
    assert registry.add(look, options).options == options


def test_a_function_within_another_is_not_taken_for_one_of_a_cell():
    names = cell("def look(): return 'of a cell'", {})
    registry = ToolRegistry(names.get)
    cell("def make():\n    def look(): return 'within'\n    return look", names)
    tool = registry.add(names["make"]())
    assert registry.get("look") is tool


def test_the_function_of_a_later_cell_is_the_one_that_is_called():
    notebook = cell("def look(city: str):\n  'Look.'\n  return 1", {})
    registry = ToolRegistry(notebook.get)
    old = registry.add(notebook["look"], ToolOptions(approve=True))
    assert registry.get("look") is old

    cell("def look(city: str):\n  'Look.'\n  return 2", notebook)
    new = registry.get("look")
    assert new.function is notebook["look"]
    assert new.options == ToolOptions(approve=True)
    assert registry.get("look") is new
    assert registry.changed() == []  # the model need not be told

    cell("def look(city: str, days: int = 1):\n  'Look.'\n  return 3", notebook)
    (changed,) = registry.changed()
    assert list(changed.definition["parameters"]["properties"]) == ["city", "days"]
    assert registry.changed() == []
    assert registry.definitions() == [changed.definition]


def test_a_tool_with_a_name_of_its_own_is_followed_by_its_function_s():
    notebook = cell("def look():\n  'Look.'", {})
    registry = ToolRegistry(notebook.get)
    registry.add(notebook["look"], ToolOptions(name="see"))
    cell("def look():\n  'Look twice.'", notebook)
    (changed,) = registry.changed()
    assert (changed.name, changed.definition["description"]) == ("see", "Look twice.")
    assert registry.names == ("see",)


def test_options_written_anew_hold_from_then_on():
    notebook = cell("def look():\n  'Look.'", {})
    registry = ToolRegistry(notebook.get)
    registry.add(notebook["look"])
    cell("def look():\n  'Look.'", notebook)
    with_options(notebook["look"], ToolOptions(approve=True, timeout_s=3))
    options = registry.get("look").options
    assert (options.approve, options.timeout_s) == (True, 3)


@pytest.mark.parametrize(
    "source",
    ["del look", "look = 3", "look = None", "look = print", "from json import loads as look"],
)
def test_a_name_that_stands_for_something_else_changes_nothing(source):
    notebook = cell("def look():\n  return 1", {})
    registry = ToolRegistry(notebook.get)
    tool = registry.add(notebook["look"])
    cell(source, notebook)
    assert registry.get("look") is tool


def test_a_function_defined_anew_that_cannot_be_described_waits_for_the_next():
    notebook = cell("def look(city: str):\n  return 1", {})
    registry = ToolRegistry(notebook.get)
    tool = registry.add(notebook["look"])
    cell("def look(*city):\n  return 2", notebook)
    assert registry.get("look") is tool
    assert registry.changed() == []
    assert "its parameter *city has no name" in registry.problems["look"]
    cell("def look(town: str):\n  return 3", notebook)
    assert registry.get("look").function is notebook["look"]
    assert registry.problems == {}


def test_a_module_loaded_anew_is_followed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    file = tmp_path / "lookers.py"
    file.write_text("def look():\n    'Old.'\n")
    module = importlib.import_module("lookers")
    registry = ToolRegistry(lambda name: getattr(module, name, None))
    registry.add(module.look)
    file.write_text("def look():\n    'New, and longer.'\n")
    importlib.reload(module)
    assert registry.definitions()[0]["description"] == "New, and longer."


def test_threads_may_come_and_go():
    registry, failed = ToolRegistry(), []

    def work(number):
        try:
            for _ in range(50):
                name = f"tool_{number}"
                registry.add(look, ToolOptions(name=name))
                assert registry.get(name).name == name
                registry.definitions()
                registry.changed()
                registry.remove(name)
        except BaseException as error:  # noqa: BLE001 -- told below
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(registry) == 0
