"""A standard as a file proposes it, before it is published (拟发布标准)."""

from dataclasses import dataclass, field

CATEGORY_DIGITS = {"component": "1", "event": "2", "appeal": "3", "matter": "4"}


@dataclass(frozen=True, slots=True)
class Owed:
    """A unit named as responsible, as it is written, with its part and perhaps its tier."""

    name: str
    role: str
    tier: str = ""


@dataclass(slots=True)
class Draft:
    """One condition of one kind, with everything the city says of it.

    handling  an allowance in words, with the season's name if it has one (种植季节15工作日).
    row       where it stands in the file, for what is said about it.
    """

    category: str
    major_code: str
    major_name: str
    minor_code: str
    minor_name: str
    filing_condition: str
    handling: str
    season: str = ""
    season_first: str = ""
    season_last: str = ""
    closing_condition: str = ""
    limits: dict[str, str] = field(default_factory=dict)
    evidence: tuple[str, ...] = ("after",)
    legal_basis: str = ""
    collecting: str = ""
    owed: tuple[Owed, ...] = ()
    source: str = ""
    for_public: bool | None = None
    settles: bool | None = None
    in_grid: bool | None = None
    not_in_grid_because: str = ""
    row: int = 0
    sheet: str = ""

    @property
    def kind_code(self) -> str:
        """Digit of the category, code of the major class, code of the minor class: 10101.

        A minor code that is written in full (BJ0103, 100102) is not prefixed again.
        """
        in_full = self.major_code and self.minor_code.startswith(self.major_code)
        longer = len(self.minor_code) - len(self.major_code) >= 2
        major = "" if in_full and longer else self.major_code
        return f"{CATEGORY_DIGITS[self.category]}{major}{self.minor_code}"
