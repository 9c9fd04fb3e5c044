"""The made-up residents of a large city: a name and a telephone number each (演示居民).

Nobody's: names are drawn, numbers are counted out of one block, in no order of the residents.
"""

from dataclasses import dataclass

import numpy as np

from shiyu.history.kaifeng.people import GIVEN, SURNAMES
from shiyu.history.large.weeks import Numbers

BLOCK, DIGITS = "1990", 7
STRIDE = 3_141_593
"""Shares no factor with ten: each resident gets a number of their own."""
OFTEN = 3.0
"""Who reports again: some residents far more often than others."""


@dataclass(frozen=True, slots=True)
class Residents:
    """So many residents, and so many reports by one with a name; everybody reports once at least.

    Where there are fewer reports than residents, the last residents report nothing.
    """

    count: int
    reports: int
    seed: int

    def who(self, reports: Numbers) -> Numbers:
        """Who made each of these reports, which are counted from 0 in the order of time."""
        fewer = min(self.count, self.reports)
        before, after = reports * fewer // self.reports, (reports + 1) * fewer // self.reports
        chance = np.random.default_rng((self.seed, int(reports[0]) if len(reports) else 0))
        again = (fewer * chance.random(len(reports)) ** OFTEN).astype(np.int64)
        return np.where(after > before, before, again)

    def called(self, residents: Numbers) -> list[tuple[str, str]]:
        """The name and the number of each."""
        surname, given = residents * 7919 % len(SURNAMES), residents // len(SURNAMES) % len(GIVEN)
        phone = (residents * STRIDE + self.seed) % 10**DIGITS
        return [
            (SURNAMES[first] + GIVEN[second], f"{BLOCK}{number:0{DIGITS}d}")
            for first, second, number in zip(
                surname.tolist(), given.tolist(), phone.tolist(), strict=True
            )
        ]
