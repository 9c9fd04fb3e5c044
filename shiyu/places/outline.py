"""Boundaries as a still picture that needs no map library: SVG paths (示意图)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

WIDTH = 760
MARGIN = 12
FINEST = 0.6  # pixels
TALLEST = 620


@dataclass(frozen=True, slots=True)
class Line:
    """One path of the picture: what it is drawn as, and its words for who points at it."""

    kind: str  # there, new, old, fault
    d: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of shapes, north up (示意图)."""

    width: int
    height: int
    lines: list[Line]


def draw(
    shapes: Iterable[tuple[str, BaseGeometry | None, str]], *, frame: BaseGeometry | None = None
) -> Picture | None:
    """Shapes in degrees as one picture, the first at the bottom; None when there is nothing.

    frame  what the picture is to show; else everything.
    """
    known = [(kind, shape, title) for kind, shape, title in shapes if shape is not None]
    known = [row for row in known if not row[1].is_empty]
    if not known:
        return None
    within = frame if frame is not None and not frame.is_empty else None
    bounds = shapely.total_bounds([within] if within is not None else [row[1] for row in known])
    west, south, east, north = (float(edge) for edge in bounds)
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    wide, high = max((east - west) * squeeze, 1e-6), max(north - south, 1e-6)
    scale = min((WIDTH - 2 * MARGIN) / wide, (TALLEST - 2 * MARGIN) / high)
    height = round(high * scale + 2 * MARGIN)
    left = (WIDTH - wide * scale) / 2

    def placed(points: Any) -> Any:
        x = (points[:, 0] - west) * squeeze * scale + left
        y = (north - points[:, 1]) * scale + MARGIN
        return np.column_stack([x, y])

    lines = []
    for kind, shape, title in known:
        flat = shapely.simplify(shapely.transform(shape, placed), FINEST)
        path = _path(flat)
        if path:
            lines.append(Line(kind, path, title))
    return Picture(WIDTH, height, lines)


def around(shape: BaseGeometry, *, times: float = 3.0) -> BaseGeometry:
    """A frame around a shape, some times its size, for a fault that would be a speck."""
    west, south, east, north = shape.bounds
    side = max(east - west, north - south, 0.0004) * (times - 1) / 2
    return shapely.box(west - side, south - side, east + side, north + side)


def _path(shape: BaseGeometry) -> str:
    pieces = []
    for part in shapely.get_parts(shape):
        if part.geom_type != "Polygon":
            continue
        for ring in (part.exterior, *part.interiors):
            points: Sequence[Sequence[float]] = np.round(shapely.get_coordinates(ring), 1).tolist()
            pieces.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points[:-1]) + "Z")
    return "".join(pieces)
