"""POST requests: a report from another system's resident, carried out once (上报)."""

import math
import re
import secrets
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.api.open311.forms import Record, answer
from shiyu.api.open311.served import Asked
from shiyu.api.open311.services import CONDITION, conditions_of, service
from shiyu.cases import actions
from shiyu.cases.actions import Intake
from shiyu.cases.actions.turn import REASON_MOST
from shiyu.cases.channels import Channel
from shiyu.cases.models import Case
from shiyu.cases.siting import locate
from shiyu.catalogue.models import Kind
from shiyu.common.answered import body_hash
from shiyu.common.errors import NotAllowed, Refused
from shiyu.common.once import Answer, once
from shiyu.history.intake.addresses import names_now
from shiyu.places.models import Place

ROUTE = "open311.requests"
WINDOW = timedelta(minutes=10)
"""The same body from the same system within this time is the same report, sent again."""
DESCRIPTION_MOST, NAME_MOST, URL_MOST, KEY_MOST = 4000, 40, 2000, 200
PHONE = re.compile(r"\+?\d{5,19}")
BETWEEN = re.compile(r"[\s().\-（）]+")
URL = re.compile(r"https?://[^\s<>\"']{3,}", re.I)


def create(asked: Asked) -> HttpResponse:
    """Take a report in and tell its number."""
    caller = asked.caller
    if caller is None:
        raise NotAllowed(_("需要 api_key"), field="api_key")
    told: list[Record] = []

    def act() -> Answer:
        intake, rest = _intake(asked), _words(asked)[1:]
        report, code = actions.report(intake, actor=caller.actor)
        for part in rest:
            actions.remark(report.case, actor=caller.actor, reason=part)
        told.append({"token": code})
        return Answer(
            201, {"service_request_id": report.case.number, "notice": _notice(report.case)}
        )

    body = body_hash(asked.request)
    key = name_of(asked.request)
    kept = once(
        client=caller.actor.ref,
        route=ROUTE,
        key=key or f"body {body}",
        body=body,
        within=None if key else WINDOW,
        act=act,
    )
    record = {
        "service_request_id": kept.content["service_request_id"],
        "service_notice": kept.content["notice"],
        "account_id": asked.text("account_id") or None,
    }
    if asked.extended and told:
        record["extended_attributes"] = {"receipt": told[0]["token"]}
    response = answer(asked.form, "service_requests", "request", [record], status=kept.status)
    if not told:
        response["Idempotency-Replayed"] = "true"
    return response


def name_of(request: HttpRequest) -> str:
    """The request's own name in the header Idempotency-Key; the standard has none, so it may lack.

    Without one the body stands for it, for `WINDOW`. A name is never cut short: two would be one.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > KEY_MOST or not key.isprintable():
        raise Refused(_("幂等键最多 %(limit)s 个可见字符") % {"limit": KEY_MOST})
    return key


def _intake(asked: Asked) -> Intake:
    code = asked.text("service_code")
    if not code:
        raise Refused(_("没有给出 service_code"), field="service_code")
    kind = service(code)
    lon, lat, place = _where(asked)
    condition, _said = _condition(asked, kind)
    return Intake(
        source=asked.caller.actor.ref if asked.caller else "",
        source_ref=secrets.token_hex(16),
        channel=str(Channel.PUBLIC),
        text=next(iter(_words(asked)), ""),
        address=asked.text("address_string"),
        lon=lon,
        lat=lat,
        place=place,
        kind=kind,
        photos=[*asked.request.FILES.getlist("media"), *asked.request.FILES.getlist("media[]")],
        name=_name(asked),
        phone=_phone(asked),
        extra={"condition": condition} if condition else {},
    )


def _words(asked: Asked) -> list[str]:
    """All that is said, in as many pieces as a report and its remarks hold."""
    _number, said = _condition(asked, service(asked.text("service_code")))
    text = "\n".join(filter(None, (said, _description(asked), _media_url(asked))))
    return [text[at : at + REASON_MOST] for at in range(0, len(text), REASON_MOST)]


def _where(asked: Asked) -> tuple[float | None, float | None, Place | None]:
    """The point, else the place that address_id or the words of the address name."""
    lat, lon = _degrees(asked, "lat"), _degrees(asked, "long")
    if (lat is None) != (lon is None):
        raise Refused(_("lat 和 long 须一起给出"), field="lat")
    if lon is not None:
        _in_jurisdiction(asked, locate(lon, lat).place)
        return lon, lat, None
    if number := asked.text("address_id"):
        place = Place.objects.defer("boundary").filter(code=number).first()
        if place is None:
            raise Refused(_("没有这个 address_id"), field="address_id")
        _in_jurisdiction(asked, place)
        return None, None, place
    words = asked.text("address_string")
    if not words:
        text = _("须给出位置：lat 和 long，或 address_string，或 address_id")
        raise Refused(text, field="lat")
    named = names_now().place_of(words)
    place = Place.objects.defer("boundary").filter(pk=named).first() if named else None
    if place is None or not asked.where.holds(place.first):
        place = Place.objects.defer("boundary").get(code=asked.where.code)
    return None, None, place


def _in_jurisdiction(asked: Asked, place: Place) -> None:
    if not asked.where.holds(place.first):
        text = _("这个位置在%(place)s，不在 %(where)s")
        raise Refused(text % {"place": place, "where": asked.where.name}, field="jurisdiction_id")


def _degrees(asked: Asked, name: str) -> float | None:
    text = asked.text(name)
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise Refused(_("应是 WGS-84 的度数，如 34.79"), field=name)
    return found


def _condition(asked: Asked, kind: Kind) -> tuple[int, str]:
    """The condition chosen in the service's one question, by its key, and its words."""
    chosen = asked.text(f"attribute[{CONDITION}]")
    if not chosen:
        return 0, ""
    for standard in conditions_of([kind]).get(kind.pk, []):
        if str(standard.ordinal) == chosen:
            return standard.ordinal, standard.filing_condition
    raise Refused(_("没有这个选项"), field=f"attribute[{CONDITION}]")


def _description(asked: Asked) -> str:
    text = asked.text("description")
    if len(text) > DESCRIPTION_MOST:
        told = _("最多 %(most)d 字") % {"most": DESCRIPTION_MOST}
        raise Refused(told, field="description")
    return text


def _media_url(asked: Asked) -> str:
    """Kept as words for the desk; never fetched: an address may lead into our own house."""
    url = asked.text("media_url")
    if not url:
        return ""
    if len(url) > URL_MOST or not URL.fullmatch(url):
        raise Refused(_("应是 http 或 https 地址"), field="media_url")
    return _("附图地址（未下载）：%(url)s") % {"url": url}


def _name(asked: Asked) -> str:
    first, last = asked.text("first_name"), asked.text("last_name")
    name = f"{first} {last}" if (first + last).isascii() else f"{last}{first}"
    return name.strip()[:NAME_MOST]


def _phone(asked: Asked) -> str:
    number = BETWEEN.sub("", asked.text("phone"))
    if number and not PHONE.fullmatch(number):
        raise Refused(_("电话号码看不懂"), field="phone")
    return number


def _notice(case: Case) -> str | None:
    """What happens next, and until when."""
    if case.due_at is None or case.clock != "accept":
        return None
    until = timezone.localtime(case.due_at)
    return _("预计 %(time)s 前受理") % {"time": f"{until:%m-%d %H:%M}"}
