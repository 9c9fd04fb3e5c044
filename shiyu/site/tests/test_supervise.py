"""What dies is started again; what dies of its start ever less often, what had worked at once."""

import time

import pytest

from shiyu.site import supervise
from shiyu.site.supervise import FIRST_DELAY_S, HEALTHY_AFTER_S, LONGEST_DELAY_S, Charge


def died(charge: Charge, *, lived_s: float) -> float:
    """Let it die after so long; after how many seconds it will be started again."""
    supervise._start(charge)
    assert charge.process is not None
    charge.process.wait()
    charge.started_at -= lived_s
    supervise._look_after(charge)
    return charge.start_at - time.monotonic()


@pytest.fixture
def charge() -> Charge:
    return Charge("Nobody", ["true"])


def test_the_pause_grows_while_it_dies_of_its_start(charge: Charge) -> None:
    pauses = [died(charge, lived_s=0) for _ in range(8)]

    assert pauses[0] == pytest.approx(FIRST_DELAY_S, abs=0.3)
    assert pauses[4] == pytest.approx(16 * FIRST_DELAY_S, abs=0.3)
    assert pauses[7] == pytest.approx(LONGEST_DELAY_S, abs=0.3)


def test_the_pause_counts_from_the_start_and_who_had_worked_is_back_at_once(charge: Charge) -> None:
    charge.delay_s = 8.0

    assert died(charge, lived_s=5) == pytest.approx(3, abs=0.3)
    assert died(charge, lived_s=HEALTHY_AFTER_S + 1) == pytest.approx(FIRST_DELAY_S, abs=0.3)
    assert charge.delay_s == 2 * FIRST_DELAY_S
