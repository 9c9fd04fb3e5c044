"""Discovery: where the endpoints are, what they speak, and when services last changed (发现)."""

from datetime import datetime, time

from django.db.models import Max, Q
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.api.open311.description import description
from shiyu.api.open311.forms import JSON, XML, Record, answer, when
from shiyu.api.open311.jurisdictions import jurisdictions
from shiyu.api.open311.served import Asked, served
from shiyu.catalogue.models import Kind, Standard
from shiyu.places.rules import the_city

STANDARD = "http://wiki.open311.org/GeoReport_v2"
PROFILE = "urn:shiyu:open311:profile:1"
FORMATS = ("text/xml", "application/json")


@served("GET", everywhere=True)
def discovery(asked: Asked) -> HttpResponse:
    """GET discovery."""
    city, changed = the_city(), changeset()
    found: Record = {
        "changeset": changed,
        "contact": _("%(city)s指挥中心") % {"city": city.name},
        "key_service": _("向%(city)s指挥中心的系统管理员申请") % {"city": city.name},
        "endpoints": [
            _endpoint(asked, STANDARD, "v2", changed),
            _endpoint(asked, PROFILE, "profile/v1", changed)
            | {
                "description": asked.request.build_absolute_uri("/open311/openapi.json"),
                "jurisdictions": [
                    {"jurisdiction_id": one.code, "name": one.name} for one in jurisdictions()
                ],
            },
        ],
    }
    form = asked.form if asked.form in (XML, JSON) else XML
    return answer(form, "discovery", "", found)


@served("GET", everywhere=True)
def openapi(asked: Asked) -> HttpResponse:
    """The description of both endpoints as OpenAPI 3.1."""
    return answer(JSON, "", "", description())


def changeset() -> str | None:
    """When services or their definitions last changed (最近变更)."""
    today = timezone.localdate()
    standards = Standard.objects.aggregate(
        began=Max("valid_from", filter=Q(valid_from__lte=today)),
        ended=Max("valid_until", filter=Q(valid_until__lt=today)),
    )
    kinds = Kind.objects.aggregate(ended=Max("ended_on", filter=Q(ended_on__lt=today)))
    days = [day for day in (*standards.values(), kinds["ended"]) if day]
    if not days:
        return when(the_city().founded_at)
    return when(timezone.make_aware(datetime.combine(max(days), time())))


def _endpoint(
    asked: Asked, specification: str, path: str, changed: str | None
) -> dict[str, object]:
    return {
        "specification": specification,
        "url": asked.request.build_absolute_uri(f"/open311/{path}"),
        "changeset": changed,
        "type": "production",
        "formats": list(FORMATS),
    }
