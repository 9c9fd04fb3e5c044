"""What a proof demands, each by a name, so that a red one says which was not met (判定)."""

from typing import Any

Facts = dict[str, Any]


def judge(found: Facts, **demands: object) -> Facts:
    """The facts with `well`, and `not_met`: the names of the demands that are not true."""
    not_met = [name for name, met in demands.items() if not met]
    return found | {"not_met": not_met, "well": not not_met}


def unharmed(found: Facts) -> dict[str, object]:
    """What every proof demands: something was done, nothing lost or doubled, all verified."""
    return {
        "acknowledged": found["acknowledged"],
        "none_lost": not found["lost"],
        "none_doubled": not found["doubled"],
        "no_case_without_a_line": not found["cases_without_a_line"],
        "verify": found["verify"],
        "stand_alone": found["stand_alone"],
    }
