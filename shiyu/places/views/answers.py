"""What maps and report forms ask of places: boundaries, names, and where a point lies.

Boundaries and names are public; nothing here tells of a case or a person.
"""

import hashlib
import json
import math
from datetime import timedelta
from functools import lru_cache

import numpy as np
import shapely
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from shiyu.common import attempts
from shiyu.common.attempts import Counter, Limit
from shiyu.common.errors import Refused
from shiyu.people.sign_in import AccountAdapter
from shiyu.places import gazetteer, locator, rules
from shiyu.places.locator import FINEST_FIRST, Layer, Locator, Outside
from shiyu.places.models import Place

MOST_SHAPES = 2_000
PIXELS_ACROSS = 2_048
KEEP_SECONDS = 300
DRAWING = Limit("cells", 600, timedelta(minutes=5), timedelta(minutes=1))

CHINESE = {"ensure_ascii": False}

Box = tuple[float, float, float, float]
Positions = np.ndarray[tuple[int], np.dtype[np.int64]]


class DrawnTooOften(Refused):
    """More frames of the map than a person looks at (次数过多)."""

    code = "too_often"
    status = 429


@require_GET
def cells(request: HttpRequest) -> HttpResponse:
    """Boundaries within a frame, as GeoJSON: of the level asked for, or coarser if too many."""
    box = _box(request.GET.get("bbox", ""))
    level = request.GET.get("level", Place.Level.CELL)
    if level not in Place.Level.values:
        raise Refused(_("没有这一级区域"), field="level")
    stamp = locator.map_stamp()
    tag = '"' + hashlib.sha256(repr((stamp, box, level)).encode()).hexdigest()[:32] + '"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={KEEP_SECONDS}"}
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers=headers)
    if not request.user.is_authenticated:
        _count(request)
    body = _drawn(stamp, box, level)
    return HttpResponse(body, content_type="application/geo+json", headers=headers)


@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """Places that words name: a fragment with choices for htmx and `as=html`, else JSON."""
    words = request.GET.get("q", "").replace("\0", "").strip()
    found = gazetteer.find(words)
    if "HX-Request" in request.headers or request.GET.get("as") == "html":
        return render(request, "places/found.html", {"found": found, "words": words})
    return JsonResponse({"places": [_told(entry) for entry in found]}, json_dumps_params=CHINESE)


@require_GET
def at(request: HttpRequest) -> JsonResponse:
    """The place of a WGS-84 point, with the path down to it, or how far outside it lies."""
    lon, lat = _number(request.GET.get("lon", "")), _number(request.GET.get("lat", ""))
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise Refused(_("坐标应是经纬度"), field="lon")
    found = locator.locate(lon, lat)
    if isinstance(found, Outside):
        near = found.nearest
        nearest = {"code": near.code, "name": near.name} if near else None
        metres = round(found.metres) if math.isfinite(found.metres) else None
        answer: dict[str, object] = {"inside": False, "nearest": nearest, "metres": metres}
    else:
        path = [{"code": p.code, "name": p.name} for p in rules.path_of(found.number)]
        answer = {"inside": True, "code": found.code, "name": found.name, "path": path}
    return JsonResponse(answer, json_dumps_params=CHINESE)


def _count(request: HttpRequest) -> None:
    """Drawing costs: a stranger's address gets so many frames and no more (限次)."""
    counter = Counter(DRAWING, AccountAdapter(request).get_client_ip(request))
    if attempts.count(counter) is not None:
        raise DrawnTooOften(_("地图看得太频繁，请过一分钟再试"))


def _told(entry: gazetteer.Entry) -> dict[str, object]:
    return {
        "code": entry.code,
        "name": entry.name,
        "level": entry.level,
        "path": entry.path,
        "lon": entry.lon,
        "lat": entry.lat,
    }


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Refused(_("坐标应是数字"))
    return number


def _box(text: str) -> Box:
    """A frame from `w,s,e,n`, cut to five decimals."""
    parts = text.split(",")
    if len(parts) != 4:
        raise Refused(_("bbox 应写作 西,南,东,北"), field="bbox")
    west, south, east, north = (round(_number(part), 5) for part in parts)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise Refused(_("bbox 应写作 西,南,东,北"), field="bbox")
    return west, south, east, north


@lru_cache(maxsize=64)
def _drawn(stamp: tuple[object, ...], box: Box, level: str) -> bytes:
    """The answer for a frame; `stamp` keeps the answers of different maps apart."""
    known = locator.current()
    layer, near = _few_enough(known, box, level)
    if layer is None:
        return b'{"type":"FeatureCollection","level":null,"features":[]}'
    finest = max(box[2] - box[0], box[3] - box[1]) / PIXELS_ACROSS
    shapes = shapely.coverage_simplify(layer.shapes[near], finest)
    shapes = shapely.transform(shapes, lambda points: np.round(points, 6))
    places = layer.places[near].tolist()
    features = ",".join(
        _feature(known, place, shape) for place, shape in zip(places, shapes, strict=True)
    )
    drawn_level = known.levels[places[0]] if places else level
    head = json.dumps({"type": "FeatureCollection", "level": drawn_level})
    return f'{head[:-1]},"features":[{features}]}}'.encode()


def _few_enough(known: Locator, box: Box, level: str) -> tuple[Layer | None, Positions]:
    """The finest level, no finer than asked, of which not too many lie in the frame."""
    frame = shapely.box(*box)
    answer: tuple[Layer | None, Positions] = (None, np.empty(0, dtype=np.int64))
    coarse_enough = FINEST_FIRST[FINEST_FIRST.index(level) :]
    for layer in known.layers:
        if known.levels[layer.places[0]] not in coarse_enough:
            continue
        near = np.sort(layer.tree.query(frame, predicate="intersects"))
        answer = (layer, near[:MOST_SHAPES])
        if len(near) <= MOST_SHAPES:
            break
    return answer


def _feature(known: Locator, place: int, shape: shapely.Geometry) -> str:
    told = {"code": known.codes[place], "name": known.names[place], "level": known.levels[place]}
    properties = json.dumps(told, ensure_ascii=False)
    drawn = shapely.to_geojson(shape)
    return f'{{"type":"Feature","properties":{properties},"geometry":{drawn}}}'
