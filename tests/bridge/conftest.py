from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

# The tests' own helpers are found by their path: test folders are not packages.
_spec = importlib.util.spec_from_file_location("bridge_fakes", Path(__file__).with_name("fakes.py"))
assert _spec is not None
assert _spec.loader is not None
sys.modules["bridge_fakes"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules["bridge_fakes"])
