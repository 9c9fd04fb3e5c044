"""Whoever has the code may follow the report: no account, no name (凭码查询)."""

from dataclasses import dataclass
from unicodedata import normalize

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.cases.actions.taking import ALPHABET, receipt_hash
from shiyu.cases.models import Case, Report
from shiyu.common import attempts
from shiyu.common.attempts import Counter, Limit
from shiyu.common.errors import NotFound, Refused
from shiyu.common.wall import beyond, look_also_at
from shiyu.people.actors import Actor
from shiyu.people.sign_in import AccountAdapter
from shiyu.portal.rules import GUESSING, LOOKING_UP


class TooOften(Refused):
    """Tried more often than a person with a receipt would (次数过多)."""

    code = "too_often"
    status = 429


@dataclass(frozen=True, slots=True)
class Receipt:
    """A report seen by the holder of its code."""

    report: Report
    code: str

    @property
    def case(self) -> Case:
        return self.report.case

    @property
    def actor(self) -> Actor:
        return Actor.receipt(self.report.pk)


def receipt_with(code: str, *, address: str) -> Receipt:
    """The report a code belongs to; a wrong code and an unknown one are answered alike.

    Raises  NotFound; TooOften when this address has tried too many wrong ones.
    """
    counter = Counter(LOOKING_UP, address)
    _count(counter)
    report = _report_of(tidy(code))
    if report is None:
        raise NotFound(_("没有找到这个回执码的上报。核对后再试，或拨打 12345 查询"), field="code")
    attempts.give_back(counter)
    look_also_at([report.case_id])
    return Receipt(report, tidy(code))


@beyond("receipt")
def _report_of(code: str) -> Report | None:
    return (
        Report.objects.select_related(
            "case__kind", "case__place", "case__standard", "case__procedure", "case__centre"
        )
        .defer("case__place__boundary")
        .filter(receipt=receipt_hash(code))
        .first()
    )


def tidy(code: str) -> str:
    """A code as it is printed: capitals, in three groups of four; full-width signs as plain."""
    signs = "".join(c for c in normalize("NFKC", code).upper() if c in ALPHABET)
    return "-".join(signs[i : i + 4] for i in range(0, len(signs), 4))


def count_for(limit: Limit, request: HttpRequest) -> None:
    """Count one attempt of this sender; refuse when there were too many."""
    _count(Counter(limit, address_of(request)))


def count_guess(receipt: Receipt) -> None:
    """Count one telephone number tried for this report, wherever it comes from."""
    _count(Counter(GUESSING, receipt.report.subject))


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, behind as many proxies as the settings say."""
    return AccountAdapter(request).get_client_ip(request)


def _count(counter: Counter) -> None:
    closed = attempts.count(counter)
    if closed is not None:
        until = timezone.localtime(closed.until)
        text = _("试的次数太多了。%(time)s 以后再试，或拨打 12345") % {"time": f"{until:%H:%M}"}
        raise TooOften(text, field="code")
