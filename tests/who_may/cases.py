"""The cases of the city, each for a relation that somebody may stand in to it.

"Sealed" is no state of a case in what is built: nothing hides a case from those whose place or
part it is. Whoever builds it adds cases here, and a line for every duty to `policy.py`.
"""

from dataclasses import dataclass

NOT_BUILT = {"sealed": ("seal_", "sealed", "secret", "classified", "confidential", "hidden")}
"""Relations that are none yet, and how a column or state that brings one would be called."""


@dataclass(frozen=True)
class Told:
    """A case as the policy knows it.

    parts   units that have a part; `gone` those whose part was taken back or ended.
    by      who reported it by account or key, and so is its reporter.
    named   whether its reporter left a name and a telephone number.
    """

    stage: str
    place: str = "cell_a"
    centre: str = "gulou"
    parts: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    by: str = ""
    named: bool = True
    public: bool = False


CASES: dict[str, Told] = {
    "new": Told("reported"),
    "at work": Told("handling", parts=("roads", "waste"), public=True),
    "taken back": Told("filed", gone=("roads",), public=True),
    "closed": Told("closed", parts=("roads",), public=True),
    "merged": Told("merged", named=False),  # its reporter went with the report
    "withdrawn": Told("withdrawn"),
    "voided": Told("voided"),
    "dismissed": Told("dismissed"),
    "order": Told("handling", place="shudian", parts=("shudian",), named=False),
    "child of the order": Told("reported", place="community", named=False),
    "escalated": Told("accepted", centre="city"),
    "in the next township": Told("reported", place="xisi"),
    "in another county": Told("reported", place="beimen", centre="longting"),
    "at work in another county": Told(
        "handling", place="beimen", centre="longting", parts=("lamps",), public=True
    ),
    "of a unit merged since": Told("handling", parts=("old",), public=True),
    "reported by account": Told("reported", by="reporter", named=False),
    "reported by one who left": Told("reported", by="reporter who left", named=False),
    "reported from elsewhere": Told("reported", by="patrol who reported elsewhere", named=False),
    "reported by a key": Told("reported", by="key that reported", named=False),
}

TOOK_OVER = {"heir": "old"}
"""A unit and the one it took over from."""
