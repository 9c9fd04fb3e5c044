"""Finding service requests by all that the standard names (查询)."""

from datetime import UTC, datetime, timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from shiyu.api.open311.forms import answer
from shiyu.api.open311.publishing import (
    STATUSES,
    going_out,
    published,
    records,
    stages_of,
    with_all,
)
from shiyu.api.open311.served import Asked, served
from shiyu.cases.actions.taking import receipt_hash
from shiyu.cases.models import Report
from shiyu.common import attempts
from shiyu.common.attempts import Counter, Limit
from shiyu.common.errors import NotFound, Refused
from shiyu.common.wall import beyond

SPAN = timedelta(days=90)
MOST = 1000
IDS_MOST = 200
DEEPEST = 10_000
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
TOKENS = Limit("open311_token", 30, timedelta(minutes=15), timedelta(minutes=15))


def request_list(asked: Asked) -> HttpResponse:
    """GET requests: by numbers, or by services, time and status; the newest first."""
    cases = published(asked.where, asked.caller)
    numbers = _listed(asked, "service_request_id")
    if numbers:
        if len(numbers) > IDS_MOST:
            text = _("一次最多 %(most)d 个编号") % {"most": IDS_MOST}
            raise Refused(text, field="service_request_id")
        cases = cases.filter(number__in=numbers)
    else:
        cases = cases.filter(reported_at__range=_between(asked))
        if codes := _listed(asked, "service_code"):
            cases = cases.filter(kind__code__in=codes)
        if statuses := _listed(asked, "status"):
            if set(statuses) - set(STATUSES):
                raise Refused(_("status 只有 open 和 closed"), field="status")
            cases = cases.filter(stage__in=stages_of(statuses))
    size = _whole(asked, "page_size", MOST, most=MOST)
    start = (_whole(asked, "page", 1, most=DEEPEST) - 1) * size
    if start + size > max(DEEPEST, MOST):
        raise Refused(_("翻页太深，请改用 start_date 和 end_date"), field="page")
    ordered = with_all(cases).order_by("-reported_at", "-id")
    shown = going_out(ordered[start : start + size], asked.caller)
    found = records(shown, caller=asked.caller, extended=asked.extended)
    return answer(asked.form, "service_requests", "request", found)


@served("GET")
def request_single(asked: Asked, number: str) -> HttpResponse:
    """GET a service request by its number."""
    cases = with_all(published(asked.where, asked.caller)).filter(number=number)[:1]
    found = going_out(cases, asked.caller)
    if not found:
        raise NotFound(_("没有这个 service_request_id"), field="service_request_id")
    told = records(found, caller=asked.caller, extended=asked.extended)
    return answer(asked.form, "service_requests", "request", told)


@served("GET", cost=5)
def token(asked: Asked, code: str) -> HttpResponse:
    """GET a service request's number by its token: the receipt code that the reporter was given.

    A wrong token and an unknown one are answered alike; whoever tries many is closed out.
    """
    from shiyu.api.entry import address_of

    counter = Counter(TOKENS, address_of(asked.request))
    if attempts.count(counter) is not None:
        raise NotFound(_("没有这个 token"), field="token")
    first, last = asked.where.first, asked.where.last
    known = Report.objects.filter(
        receipt=receipt_hash(code), case__place_number__range=(first, last)
    )
    with beyond("receipt"):
        number = known.values_list("case__number", flat=True).first()
    if number is None:
        raise NotFound(_("没有这个 token"), field="token")
    attempts.give_back(counter)
    found = [{"service_request_id": number, "token": code}]
    return answer(asked.form, "service_requests", "request", found)


def _listed(asked: Asked, name: str) -> list[str]:
    """A parameter that may name several, with commas or several times over."""
    given = asked.request.GET.getlist(name)
    clean = "".join(c if c.isprintable() else "," for c in ",".join(given))
    return list(dict.fromkeys(part.strip() for part in clean.split(",") if part.strip()))


def _between(asked: Asked) -> tuple[datetime, datetime]:
    """From when to when; what is left out makes ninety days."""
    first, last = _time(asked, "start_date"), _time(asked, "end_date", ends=True)
    if last is None:
        last = first + SPAN if first else timezone.now()
    if first is None:
        first = last - SPAN
    if first > last:
        raise Refused(_("start_date 晚于 end_date"), field="start_date")
    if last - first > SPAN + timedelta(days=1):
        text = _("start_date 到 end_date 最多 %(days)d 天") % {"days": SPAN.days}
        raise Refused(text, field="end_date")
    return first, last


def _time(asked: Asked, name: str, *, ends: bool = False) -> datetime | None:
    """A time of the standard's form; without a zone it is the city's, a day alone is whole."""
    text = asked.text(name)
    if not text:
        return None
    text = text.replace(" ", "+") if "T" in text else text  # a plus sign not escaped
    try:
        at, day = parse_datetime(text), parse_date(text)
    except ValueError:
        at = day = None
    if day is not None and len(text) <= 10:
        at = datetime(day.year, day.month, day.day) + timedelta(days=int(ends))  # noqa: DTZ001
    if at is None:
        raise Refused(_("时间写成 2026-01-05T08:00:00+08:00 这样"), field=name)
    if timezone.is_naive(at):
        at = timezone.make_aware(at)
    if not EARLIEST <= at <= LATEST:
        raise Refused(_("时间不在 1970 年到 2200 年之间"), field=name)
    return at.astimezone(UTC)  # any offset that may be written, as one the database knows


def _whole(asked: Asked, name: str, default: int, *, most: int) -> int:
    text = asked.text(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 8 and int(text) >= 1):
        raise Refused(_("应为 1 至 %(most)d 的整数") % {"most": most}, field=name)
    return min(int(text), most)
