"""A map from a file: read and looked at, put in force from a day, taken back (地图发布)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import shapely
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import OutOfOrder, Refused
from shiyu.journal.actions import moment, record
from shiyu.people.actors import Actor
from shiyu.places import rules
from shiyu.places.actions.places import lock_map, map_changed, widen_bounds
from shiyu.places.faults import check
from shiyu.places.models import City, Place, Survey, Surveyed

LATEST_DAYS = 366


@transaction.atomic
def read_survey(
    features: Sequence[Mapping[str, Any]],
    *,
    source: str,
    crs: str,
    actor: Actor,
    code_property: str = "",
) -> Survey:
    """Keep what a file says and what is wrong with it; the map stays as it is (读入)."""
    rules.must_edit_map(actor)
    city = lock_map()
    checked = check(features, crs=crs, code_property=code_property)
    survey = Survey.objects.create(
        source=source.strip()[:40] or _("未注明"),
        crs=crs,
        read=checked.drawing.read,
        faults=checked.as_json(),
        based_on=city.map_version,
        drawn_by_id=actor.id if actor.kind == "person" else None,
    )
    Surveyed.objects.bulk_create(
        [
            Surveyed(
                survey=survey,
                place=checked.places[drawn.code],
                boundary=shapely.to_wkb(drawn.shape),
                former=checked.places[drawn.code].boundary,
                former_source=checked.places[drawn.code].boundary_source,
            )
            for drawn in checked.drawing.usable
        ],
        batch_size=1000,
    )
    facts = {"survey": survey.pk, "read": survey.read, "usable": len(checked.drawing.usable)}
    record("city:1", "read_survey", actor=actor, facts=facts)
    return survey


@transaction.atomic
def publish_survey(
    survey: Survey, *, valid_from: date, actor: Actor, without_refused: bool = False
) -> Survey:
    """Put a survey in force today, or on a later day by itself (发布地图).

    without_refused  the person knows that the refused rows stay as they are.
    """
    rules.must_edit_map(actor)
    survey = _held(survey, Survey.State.READ)
    refused = sum(1 for fault in survey.faults if fault["refused"])
    if refused and not without_refused:
        says = _("有 %(count)d 处不能采用。改好文件再上传，或勾选“其余照发”")
        raise Refused(says % {"count": refused}, field="without_refused")
    if not survey.shapes.exists():
        raise Refused(_("没有可以采用的边界"))
    today = timezone.localdate()
    if valid_from < today:
        raise Refused(_("启用日期不能早于今天"), field="valid_from")
    if (valid_from - today).days > LATEST_DAYS:
        raise Refused(_("启用日期最晚在一年之内"), field="valid_from")
    survey.valid_from, survey.state = valid_from, Survey.State.DUE
    survey.save(update_fields=["valid_from", "state"])
    facts = {"survey": survey.pk, "from": valid_from.isoformat()}
    record("city:1", "publish_survey", actor=actor, facts=facts)
    if valid_from == today:
        _put_in_force(survey, actor)
    return survey


@transaction.atomic
def drop_survey(survey: Survey, *, actor: Actor) -> Survey:
    """Lay a survey aside, also one that waits for its day (不采用)."""
    rules.must_edit_map(actor)
    survey = _held(survey, Survey.State.READ, Survey.State.DUE)
    survey.state = Survey.State.DROPPED
    survey.save(update_fields=["state"])
    record("city:1", "drop_survey", actor=actor, facts={"survey": survey.pk})
    return survey


@transaction.atomic
def undo_survey(survey: Survey, *, actor: Actor) -> Survey:
    """Put back the boundaries that a survey replaced, as another version of the map (恢复原图)."""
    rules.must_edit_map(actor)
    survey = _held(survey, Survey.State.IN_FORCE)
    rows = list(survey.shapes.select_related("place"))
    moved = [row.place.code for row in rows if _wkb(row.place.boundary) != _wkb(row.boundary)]
    if moved:
        told = {"codes": "、".join(moved[:5]), "count": len(moved)}
        says = _("这之后有 %(count)d 个区域又划过界（%(codes)s），不能整图恢复")
        raise OutOfOrder(says % told)
    for row in rows:
        _bound(row.place, row.former, row.former_source)
    map_changed()
    survey.state = Survey.State.UNDONE
    survey.save(update_fields=["state"])
    record("city:1", "undo_survey", actor=actor, facts={"survey": survey.pk, "shapes": len(rows)})
    return survey


def put_due_in_force(today: date) -> int:
    """Put in force the surveys whose day has come; returns how many (到日启用)."""
    due = Survey.objects.filter(state=Survey.State.DUE, valid_from__lte=today).order_by("pk")
    done = 0
    for pk in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            lock_map()
            survey = Survey.objects.select_for_update(skip_locked=True, of=("self",)).filter(
                pk=pk, state=Survey.State.DUE
            )
            if found := survey.first():
                _put_in_force(found, Actor.program("places"))
                done += 1
    return done


def _put_in_force(survey: Survey, actor: Actor) -> None:
    """The former boundaries are kept as they are now, at the moment they are replaced."""
    rows = list(survey.shapes.select_related("place"))
    for row in rows:
        row.former, row.former_source = row.place.boundary, row.place.boundary_source
        _bound(row.place, row.boundary, survey.source)
    Surveyed.objects.bulk_update(rows, ["former", "former_source"], batch_size=500)
    shapes = [shapely.from_wkb(bytes(row.boundary)) for row in rows]
    widen_bounds(*(float(edge) for edge in shapely.total_bounds(shapes)))
    map_changed()
    survey.state, survey.in_force_at = Survey.State.IN_FORCE, moment()
    survey.version = City.objects.get(pk=1).map_version
    survey.save(update_fields=["state", "in_force_at", "version"])
    facts = {"survey": survey.pk, "version": survey.version, "shapes": len(rows)}
    record("city:1", "survey_in_force", actor=actor, facts=facts)


def _bound(place: Place, wkb: bytes | memoryview | None, source: str) -> None:
    place.boundary, place.boundary_source = wkb, source
    if wkb is not None:
        inner = shapely.from_wkb(bytes(wkb)).point_on_surface()
        place.lon, place.lat = inner.x, inner.y
    place.save(update_fields=["boundary", "boundary_source", "lon", "lat"])


def _wkb(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


def _held(survey: Survey, *states: str) -> Survey:
    lock_map()
    survey = Survey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
    if survey.state not in states:
        told = {"state": survey.get_state_display()}
        raise OutOfOrder(_("这份测绘成果%(state)s，不能再这样办") % told)
    return survey
