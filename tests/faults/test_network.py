"""A network that can be cut is nobody else's, and outlives no process that made it."""

import os
import subprocess

import pytest

from bench.faults.network import Network, free_number, network

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="laying networks needs root")
NOBODY = 4_999_999
"""A number no process can have."""


def spaces() -> str:
    return subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout


def test_what_a_killed_run_left_is_cleared_away_and_no_address_is_used_twice() -> None:
    left = Network(free_number(), process=NOBODY)
    left.lay()
    try:
        assert free_number() != left.number
        with network(postgres=1, pages=0) as wires:
            assert left.inside not in spaces(), "its process is gone"
            assert wires.inside in spaces()
            assert free_number() != wires.number
        assert wires.inside not in spaces()
    finally:
        left.take_up()
