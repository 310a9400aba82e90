from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.testing.globalipapp import start_ipython


@pytest.fixture(scope="session")
def _one_shell() -> InteractiveShell:
    return start_ipython() or InteractiveShell.instance()


@pytest.fixture
def shell(_one_shell: InteractiveShell):
    """The one shell of the process with the extension loaded, unloaded afterwards."""
    before = set(_one_shell.user_ns)
    _one_shell.run_line_magic("load_ext", "realtime_nb")
    yield _one_shell
    _one_shell.run_line_magic("unload_ext", "realtime_nb")
    # What `%config` sets outlives the magics, and what cells bind the test.
    _one_shell.config.pop("RealtimeMagics", None)
    for name in set(_one_shell.user_ns) - before:
        del _one_shell.user_ns[name]
