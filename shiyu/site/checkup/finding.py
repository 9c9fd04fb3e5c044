"""One answer of the checkup."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was seen, and what to do about it if it is not well.

    fatal  the program cannot do its work until this is put right.
    """

    name: str
    well: bool
    seen: str
    advice: str = ""
    fatal: bool = True

    @property
    def stops(self) -> bool:
        return self.fatal and not self.well
