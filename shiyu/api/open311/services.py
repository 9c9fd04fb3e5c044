"""Services: the kinds of problem that residents may report (服务清单)."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.api.open311.forms import Record, answer
from shiyu.api.open311.served import Asked, served
from shiyu.catalogue.models import Kind, Standard
from shiyu.catalogue.rules import kinds_for_public
from shiyu.common.errors import NotFound

CONDITION = "condition"
"""The one question a service may ask: which of the kind's conditions it is."""


@served("GET", cost=3)
def service_list(asked: Asked) -> HttpResponse:
    """GET services: what may be reported."""
    kinds = list(kinds_for_public())
    conditions = conditions_of(kinds)
    found = [_service(kind, conditions.get(kind.pk, [])) for kind in kinds]
    return answer(asked.form, "services", "service", found)


@served("GET")
def service_definition(asked: Asked, code: str) -> HttpResponse:
    """GET a service definition: what else is asked with a report of it."""
    kind = service(code)
    conditions = conditions_of([kind]).get(kind.pk, [])
    attributes = [_attribute(conditions)] if len(conditions) > 1 else []
    found = {"service_code": kind.code, "attributes": attributes}
    return answer(asked.form, "service_definition", "", found)


def service(code: str) -> Kind:
    """The kind that residents may report under this code.

    Raises  NotFound.
    """
    kind = kinds_for_public().filter(code=code).first()
    if kind is None:
        raise NotFound(_("没有这个 service_code"), field="service_code")
    return kind


def conditions_of(kinds: list[Kind]) -> dict[int, list[Standard]]:
    """The conditions of each kind in force today, in their order."""
    found: dict[int, list[Standard]] = {}
    rows = Standard.objects.valid_on(timezone.localdate()).filter(kind__in=kinds)
    for standard in rows.order_by("ordinal"):
        found.setdefault(standard.kind_id, []).append(standard)
    return found


def _service(kind: Kind, conditions: list[Standard]) -> Record:
    return {
        "service_code": kind.code,
        "service_name": kind.name,
        "description": conditions[0].filing_condition if conditions else "",
        "metadata": len(conditions) > 1,
        "type": "realtime",
        "keywords": ", ".join((kind.major_name, str(kind.get_category_display()))),
        "group": kind.major_name,
    }


def _attribute(conditions: list[Standard]) -> Record:
    return {
        "variable": True,
        "code": CONDITION,
        "datatype": "singlevaluelist",
        "required": False,
        "datatype_description": _("选最接近的一种情形，可以不选"),
        "order": 1,
        "description": _("具体是哪种情形"),
        "values": [{"key": str(s.ordinal), "name": s.filing_condition} for s in conditions],
    }
