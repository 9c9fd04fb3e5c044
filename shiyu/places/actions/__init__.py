"""Every write on the city, its places, their boundaries, rosters and addresses (区域办理)."""

from shiyu.places.actions.places import (
    MIRROR,
    RENUMBER,
    add_place,
    enrol,
    fits_pattern,
    found_city,
    is_below,
    leave_roster,
    lock_map,
    map_changed,
    renumber,
    set_boundary,
    widen_bounds,
)

__all__ = [
    "MIRROR",
    "RENUMBER",
    "add_place",
    "enrol",
    "fits_pattern",
    "found_city",
    "is_below",
    "leave_roster",
    "lock_map",
    "map_changed",
    "renumber",
    "set_boundary",
    "widen_bounds",
]
