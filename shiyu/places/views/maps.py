"""Pages of the map: a file read and looked at, put in force, taken back; and exported (地图)."""

import json
from typing import Any

import numpy as np
import shapely
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shiyu.common.answered import answered_once
from shiyu.common.errors import Refused
from shiyu.common.posted import posted
from shiyu.people.duties import Duty
from shiyu.people.web import SignedIn, actor_of, needs
from shiyu.places import locator, outline, rules
from shiyu.places.actions import surveys
from shiyu.places.coordinates import bd09_from_gcj02, gcj02_from_wgs84
from shiyu.places.faults import NAMES
from shiyu.places.forms import SYSTEMS, MapForm, PublishForm
from shiyu.places.geometry import parse_geojson
from shiyu.places.models import Place, Survey

ADMIN = Duty.SYSTEM_ADMIN
KEEPERS = (Duty.SYSTEM_ADMIN, Duty.AUDIT_ADMIN)
A_PAGE = 50
DRAWN_MOST = 1_500
DECIMALS = 7


@needs(*KEEPERS)
@require_http_methods(["GET", "HEAD", "POST"])
@answered_once
def listing(request: SignedIn) -> HttpResponse:
    """Surveys there were, and a new file (地图版本)."""
    form = MapForm(posted(request), request.FILES or None)
    if request.method == "POST":
        rules.must_edit_map(actor_of(request))
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        try:
            made = surveys.read_survey(
                parse_geojson(_text(typed["file"].read())),
                source=typed["source"],
                crs=typed["crs"],
                code_property=typed["code_property"],
                actor=actor_of(request),
            )
        except Refused as refusal:
            form.refuse(refusal)
        else:
            return redirect("places:survey", made.pk)
    context = {
        "form": form,
        "surveys": list(Survey.objects.select_related("drawn_by").defer("faults")[:A_PAGE]),
        "city": rules.the_city(),
        "systems": SYSTEMS,
        "levels": Place.Level.choices,
        "names": NAMES,
        "may_edit": rules.may_edit_map(actor_of(request)),
    }
    return render(request, "places/maps.html", context, status=422 if form.errors else 200)


@needs(*KEEPERS)
@require_safe
def survey(request: SignedIn, pk: int) -> HttpResponse:
    """What a file says and what is wrong with it, each fault drawn (测绘成果)."""
    return _page(request, _survey(pk), PublishForm())


@needs(ADMIN)
@require_POST
@answered_once
def publish(request: SignedIn, pk: int) -> HttpResponse:
    """Put in force from a day (发布)."""
    found, form = _survey(pk), PublishForm(request.POST)
    if form.is_valid():
        try:
            made = surveys.publish_survey(found, actor=actor_of(request), **form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
        else:
            in_force = made.state == Survey.State.IN_FORCE
            done = _("已启用，各处即刻按新图定位") if in_force else _("已定好日期，到日自动启用")
            messages.success(request, done)
            return redirect("places:survey", pk)
    return _page(request, found, form, status=422)


@needs(ADMIN)
@require_POST
@answered_once
def drop(request: SignedIn, pk: int) -> HttpResponse:
    """Lay it aside (不采用)."""
    surveys.drop_survey(_survey(pk), actor=actor_of(request))
    messages.success(request, _("已标为不采用，地图没有变"))
    return redirect("places:survey", pk)


@needs(ADMIN)
@require_POST
@answered_once
def undo(request: SignedIn, pk: int) -> HttpResponse:
    """Put the former boundaries back (恢复原图)."""
    surveys.undo_survey(_survey(pk), actor=actor_of(request))
    messages.success(request, _("已恢复启用前的边界"))
    return redirect("places:survey", pk)


@needs(*KEEPERS)
@require_safe
def export(request: SignedIn) -> HttpResponse:
    """Boundaries as GeoJSON in the coordinate system asked for (导出边界)."""
    crs = request.GET.get("crs", "wgs84")
    level = request.GET.get("level", "")
    if crs not in NAMES:
        raise Refused(_("没有这个坐标系"), field="crs")
    places = Place.objects.filter(boundary__isnull=False, closed_on=None).order_by("first")
    if level:
        if level not in Place.Level.values:
            raise Refused(_("没有这一级区域"), field="level")
        places = places.filter(level=level)
    rows = places.values_list("code", "name", "level", "parent__code", "boundary")
    features = ",\n".join(_feature(row, crs) for row in rows)
    head = {"type": "FeatureCollection", "crs_note": NAMES[crs]}
    body = f'{json.dumps(head, ensure_ascii=False)[:-1]}, "features": [\n{features}\n]}}'
    answer = HttpResponse(body, content_type="application/geo+json")
    answer["Content-Disposition"] = f'attachment; filename="places-{crs}.geojson"'
    return answer


def _feature(row: tuple[Any, ...], crs: str) -> str:
    code, name, level, parent, boundary = row
    shape = shapely.from_wkb(bytes(boundary))
    if crs in ("gcj02", "bd09"):
        shape = shapely.transform(shape, lambda points: _drawn_in(points, crs))
    shape = shapely.transform(shape, lambda points: np.round(points, DECIMALS))
    told = {"code": code, "name": name, "level": level, "parent": parent or ""}
    said = json.dumps(told, ensure_ascii=False)
    return f'{{"type":"Feature","properties":{said},"geometry":{shapely.to_geojson(shape)}}}'


def _drawn_in(points: Any, crs: str) -> Any:
    lon, lat = gcj02_from_wgs84(points[:, 0], points[:, 1])
    if crs == "bd09":
        lon, lat = bd09_from_gcj02(lon, lat)
    return np.column_stack([lon, lat])


def _page(
    request: SignedIn, found: Survey, form: PublishForm, *, status: int = 200
) -> HttpResponse:
    number = _number(request.GET.get("fault", ""))
    start = _number(request.GET.get("after", "")) or 0
    fault = found.faults[number] if number is not None and number < len(found.faults) else None
    rows = list(enumerate(found.faults))[start : start + A_PAGE]
    refused = sum(1 for row in found.faults if row["refused"])
    shapes = found.shapes.select_related("place").defer("place__boundary")
    context = {
        "survey": found,
        "system": NAMES.get(found.crs, found.crs),
        "form": form,
        "rows": rows,
        "next": start + A_PAGE if start + A_PAGE < len(found.faults) else None,
        "is_first": start == 0,
        "refused": refused,
        "usable": found.shapes.count(),
        "system_faults": [row for row in found.faults if row["kind"] == "system"],
        "fault": fault,
        "fault_number": number,
        "picture": _fault_picture(shapes, fault) if fault else _whole_picture(shapes),
        "may_edit": rules.may_edit_map(actor_of(request)),
    }
    return render(request, "places/survey.html", context, status=status)


def _whole_picture(shapes: Any) -> outline.Picture | None:
    """What the file draws, over what was there before."""
    rows = list(shapes[:DRAWN_MOST])
    old = [("old", _shape(row.former), row.place.name) for row in rows]
    new = [("new", _shape(row.boundary), row.place.name) for row in rows]
    return outline.draw([*new, *old])


def _fault_picture(shapes: Any, fault: dict[str, Any]) -> outline.Picture | None:
    """One fault large, with its neighbours around it."""
    if not fault["shape"]:
        mine = list(shapes.filter(place__code=fault["code"])[:1])
        return outline.draw([("new", _shape(row.boundary), row.place.name) for row in mine])
    wrong = shapely.from_wkb(bytes.fromhex(fault["shape"]))
    frame = outline.around(wrong)
    known = locator.current().shapes
    crossing: Any = known[shapely.intersects(known, frame)] if len(known) else []
    edges: Any = shapely.intersection(crossing, frame) if len(crossing) else []
    near: list[tuple[str, Any, str]] = [("old", edge, "") for edge in edges]
    for row in shapes[:DRAWN_MOST]:
        shape = _shape(row.boundary)
        if shape is not None and shapely.intersects(shape, frame):
            near.append(("new", shapely.intersection(shape, frame), row.place.name))
    return outline.draw([*near, ("fault", wrong, fault["says"])], frame=frame)


def _shape(wkb: Any) -> Any:
    return None if wkb is None else shapely.from_wkb(bytes(wkb))


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 7 else None


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(_("文字编码不是 UTF-8"), field="file") from None


def _survey(pk: int) -> Survey:
    return get_object_or_404(Survey.objects.select_related("drawn_by"), pk=pk)
