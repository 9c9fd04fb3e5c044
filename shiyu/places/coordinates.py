"""Coordinates of maps sold in China, to and from WGS-84 (坐标转换).

GCJ-02 moves every point in mainland China by some hundred metres along a smooth, published
curve; BD-09 turns it once more. Stored coordinates are always WGS-84; files and map services
are converted at the edge. All functions take degrees, single numbers or numpy arrays, and
give (lon, lat) of the same kind.
"""

import numpy as np
import numpy.typing as npt

Degrees = float | npt.NDArray[np.float64]
Point = tuple[Degrees, Degrees]

KRASOVSKY_RADIUS_M = 6378245.0
KRASOVSKY_ECCENTRICITY2 = 0.00669342162296594323
CHINA = (72.004, 0.8293, 137.8347, 55.8271)
BD_TURN = np.pi * 3000.0 / 180.0
CLOSE_ENOUGH = 1e-10
MOST_ROUNDS = 20


def gcj02_from_wgs84(lon: Degrees, lat: Degrees) -> Point:
    """Where a map in GCJ-02 (火星坐标) draws a WGS-84 point; unchanged outside China."""
    east, north = _shift(np.asarray(lon, float), np.asarray(lat, float))
    return _same_kind(lon, lat, lon + east, lat + north)


def wgs84_from_gcj02(lon: Degrees, lat: Degrees) -> Point:
    """The WGS-84 point that GCJ-02 draws here, to better than 1e-9 degrees, by iteration."""
    target_lon, target_lat = np.asarray(lon, float), np.asarray(lat, float)
    x, y = target_lon.copy(), target_lat.copy()
    for _round in range(MOST_ROUNDS):
        east, north = _shift(x, y)
        off_x, off_y = x + east - target_lon, y + north - target_lat
        x, y = x - off_x, y - off_y
        if max(np.max(np.abs(off_x), initial=0), np.max(np.abs(off_y), initial=0)) < CLOSE_ENOUGH:
            break
    return _same_kind(lon, lat, x, y)


def bd09_from_gcj02(lon: Degrees, lat: Degrees) -> Point:
    """Where a Baidu map (百度坐标) draws a GCJ-02 point."""
    x, y = np.asarray(lon, float), np.asarray(lat, float)
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * BD_TURN)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * BD_TURN)
    return _same_kind(lon, lat, radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006)


def gcj02_from_bd09(lon: Degrees, lat: Degrees) -> Point:
    """The GCJ-02 point that a Baidu map draws here, by iteration."""
    target_lon, target_lat = np.asarray(lon, float), np.asarray(lat, float)
    x, y = target_lon - 0.0065, target_lat - 0.006
    for _round in range(MOST_ROUNDS):
        drawn_x, drawn_y = bd09_from_gcj02(x, y)
        off_x, off_y = drawn_x - target_lon, drawn_y - target_lat
        x, y = x - off_x, y - off_y
        if max(np.max(np.abs(off_x), initial=0), np.max(np.abs(off_y), initial=0)) < CLOSE_ENOUGH:
            break
    return _same_kind(lon, lat, x, y)


def metres_between(lon: Degrees, lat: Degrees, to_lon: Degrees, to_lat: Degrees) -> Degrees:
    """Distance over a round earth of 6,371,008.8 m radius, good to half a percent."""
    y1, y2 = np.radians(lat), np.radians(to_lat)
    half = np.sin((y2 - y1) / 2) ** 2
    half = half + np.cos(y1) * np.cos(y2) * np.sin(np.radians(np.subtract(to_lon, lon)) / 2) ** 2
    metres = 2 * 6_371_008.8 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return float(metres) if np.ndim(metres) == 0 else metres


def _shift(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> Point:
    """How far east and north, in degrees, GCJ-02 moves these WGS-84 points."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    ripple = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    return _in_degrees(east, north, lon, lat)


def _in_degrees(
    east: npt.NDArray[np.float64],
    north: npt.NDArray[np.float64],
    lon: npt.NDArray[np.float64],
    lat: npt.NDArray[np.float64],
) -> Point:
    """Metres on the Krasovsky ellipsoid as degrees; nothing outside China."""
    radians = np.radians(lat)
    bulge = 1 - KRASOVSKY_ECCENTRICITY2 * np.sin(radians) ** 2
    meridian = KRASOVSKY_RADIUS_M * (1 - KRASOVSKY_ECCENTRICITY2) / (bulge * np.sqrt(bulge))
    parallel = KRASOVSKY_RADIUS_M / np.sqrt(bulge) * np.cos(radians)
    west, south, last_east, last_north = CHINA
    inside = (lon >= west) & (lon <= last_east) & (lat >= south) & (lat <= last_north)
    shift_lon = np.where(inside, np.degrees(east / parallel), 0.0)
    return shift_lon, np.where(inside, np.degrees(north / meridian), 0.0)


def _same_kind(lon: Degrees, lat: Degrees, x: Degrees, y: Degrees) -> Point:
    """Numbers for numbers, arrays for arrays."""
    if np.ndim(lon) == 0 and np.ndim(lat) == 0:
        return float(x), float(y)
    return np.asarray(x), np.asarray(y)
