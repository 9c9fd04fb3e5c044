"""Every room of `/api/v1`, so that its routes are declared."""

from shiyu.api.v1 import (
    batches,
    cases,
    city,
    document,
    history,
    kinds,
    me,
    moves,
    photos,
    places,
)

__all__ = [
    "batches",
    "cases",
    "city",
    "document",
    "history",
    "kinds",
    "me",
    "moves",
    "photos",
    "places",
]
