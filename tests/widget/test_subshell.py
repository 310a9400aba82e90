from __future__ import annotations

from types import SimpleNamespace

import ipykernel.comm.comm as ipykernel_comm
import pytest

from realtime_nb.widget.subshell import pin_subshell


@pytest.fixture
def comm() -> ipykernel_comm.BaseComm:
    # Made without a kernel: opening sends nothing.
    return ipykernel_comm.BaseComm(target_name="test", primary=False)


@pytest.mark.skipif(
    not hasattr(ipykernel_comm.BaseComm, "_reply_subshell_for"),
    reason="ipykernel before 7.4 leaves the choice to the front end",
)
def test_messages_stay_on_the_subshell_the_front_end_chose(comm: ipykernel_comm.BaseComm) -> None:
    # What a comm opened by a cell remembers: the main shell, which has no subshell id.
    comm._reply_subshell_id = None
    assert comm._reply_subshell_for({}, "subshell-1") is None
    assert pin_subshell(comm)
    assert comm._reply_subshell_for({}, "subshell-1") == "subshell-1"


def test_a_comm_that_knows_nothing_of_it_is_left_alone() -> None:
    other = SimpleNamespace()
    assert not pin_subshell(other)
    assert vars(other) == {}
