"""What cells may call the variables they bind."""

from __future__ import annotations

import pytest

from realtime_nb.errors import UsageError
from realtime_nb.notebook.cell.variable import variable_name


@pytest.mark.parametrize("name", ["2x", "class", "a-b", "", "None"])
def test_what_cannot_be_a_variable_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a variable; write a name such as reply"):
        variable_name(name, "--out", "reply")


@pytest.mark.parametrize(
    "name", ["print", "In", "Out", "get_ipython", "exit", "__builtins__", "__name__", "\uff50rint"]
)
def test_what_cells_would_miss_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="which cells would miss"):
        variable_name(name, "--out", "reply")


@pytest.mark.parametrize("name", ["reply", "_", "é", "chat", "printed", "_private"])
def test_any_other_name_is_fine(name: str) -> None:
    assert variable_name(name, "--out", "reply") == name
