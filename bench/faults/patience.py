"""How long a proof waits, and how slow is too slow (耐心).

What a proof shows must not hang on how quick its machine is: where FAULTS_PATIENCE=8 is said, as
the short forms in turn do, every wait and every limit of time is eight times as long. The figures
say what was measured either way; targets are judged by the long forms, without it.
"""

import math
import os
import time
from collections.abc import Callable

FACTOR = float(os.environ.get("FAULTS_PATIENCE", "1"))


def patient(seconds: float) -> float:
    """So long, or longer on a machine of which less is expected."""
    return seconds * FACTOR


def since(begun: float, moment: float | None) -> float:
    """Seconds from one moment to another that may never have come."""
    return math.inf if moment is None else round(moment - begun, 1)


def wait_until(well: Callable[[], object], seconds: float, *, every_s: float = 0.2) -> bool:
    """Whether it came to be so within that patience."""
    until = time.monotonic() + patient(seconds)
    while not well():
        if time.monotonic() > until:
            return False
        time.sleep(every_s)
    return True
