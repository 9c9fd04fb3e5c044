"""Keeps a handful of processes going: starts them, restarts what dies, ends them all."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import click

LOOK_EVERY_S = 0.3
FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
HEALTHY_AFTER_S = 10.0
"""What lived so long did not die of its start: no pause that grows holds it back."""
STOP_PATIENCE_S = 25.0
PR_SET_PDEATHSIG = 1


@dataclass
class Charge:
    """One process in our charge: what it is called, and how it is started."""

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    start_at: float = 0.0
    delay_s: float = FIRST_DELAY_S


class Supervisor:
    """Watches over its charges until told to stop by SIGTERM or Ctrl-C.

    tend  called at every look: whatever else must be kept going; True asks for every charge to
          be started anew.
    """

    def __init__(self, charges: list[Charge], *, tend: Callable[[], bool] = lambda: False) -> None:
        self.charges = charges
        self.tend = tend
        self.stopping = threading.Event()

    def run(self, when_started: Callable[[], None] = lambda: None) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())
        try:
            for charge in self.charges:
                _start(charge)
            when_started()
            while not self.stopping.wait(LOOK_EVERY_S):
                if self.tend():
                    self._end_all()
                for charge in self.charges:
                    _look_after(charge)
        finally:
            self._end_all()

    def _end_all(self) -> None:
        """Ask every charge to finish what it has in hand; then make it."""
        running = [charge for charge in self.charges if charge.process]
        for charge in running:
            _signal(charge, signal.SIGTERM)
        give_up_at = time.monotonic() + STOP_PATIENCE_S
        for charge in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                assert charge.process
                charge.process.wait(max(0.1, give_up_at - time.monotonic()))
            _clear_away(charge)


def _look_after(charge: Charge) -> None:
    """Start a charge again if it has died; dying again and again, it is started less often.

    The pause counts from its last start, so that who had worked for a while is away for less.
    """
    now = time.monotonic()
    if charge.process is not None:
        code = charge.process.poll()
        if code is None:
            return
        _clear_away(charge)
        if now - charge.started_at > HEALTHY_AFTER_S:
            charge.delay_s = FIRST_DELAY_S
        charge.start_at = max(now + FIRST_DELAY_S, charge.started_at + charge.delay_s)
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        again = f"starting again in {charge.start_at - now:.1f} s"
        click.echo(f"{charge.name}: ended ({how}); {again}.", err=True)
        charge.delay_s = min(charge.delay_s * 2, LONGEST_DELAY_S)
    elif now >= charge.start_at:
        _start(charge)


def _start(charge: Charge) -> None:
    charge.started_at = time.monotonic()
    charge.process = subprocess.Popen(
        charge.command,
        env={**os.environ, **charge.environment},
        stdin=subprocess.DEVNULL,
        process_group=0,  # a Ctrl-C in the terminal is for us alone; we pass it on in order
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,
    )


def _die_with_parent() -> None:
    """Have the kernel end this process when its supervisor is killed outright."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _clear_away(charge: Charge) -> None:
    """Kill whatever a charge has left behind in its group."""
    _signal(charge, signal.SIGKILL, group=True)
    if charge.process:
        charge.process.wait()
    charge.process = None


def _signal(charge: Charge, number: signal.Signals, *, group: bool = False) -> None:
    if charge.process is None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if group:
            os.killpg(charge.process.pid, number)
        else:
            charge.process.send_signal(number)
