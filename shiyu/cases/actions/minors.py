"""A reporter under fourteen: their guardian consents, or who they are is not kept (未成年人).

Nobody is asked their age. Who takes the case in marks it when it is said or plain.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from shiyu.cases import rules
from shiyu.cases.models import Report, Reporter
from shiyu.common.errors import NotAllowed, Refused
from shiyu.journal.actions import moment, record
from shiyu.notices.actions import stop_following
from shiyu.people.actors import Actor

NONE = "none"
"""The guardian does not consent, or cannot be asked: name and number go at once, also the number
at which progress is told."""


@transaction.atomic
def mark_minor(report: Report, *, guardian: str, actor: Actor) -> None:
    """Say that a reporter is under fourteen, and how their guardian consented (监护人同意).

    guardian  one of `Reporter.Guardian`, or NONE.

    Raises  NotAllowed for whoever does not take the case in; Refused without an answer, or when
            nothing is kept of who they are.
    """
    if actor.kind != "person" or not rules.knows_reporter(actor, report.case):
        raise NotAllowed(_("您的岗位看不到这件案件的上报人信息"))
    if guardian != NONE and guardian not in Reporter.Guardian.values:
        raise Refused(_("选一项：监护人怎样同意的"), field="guardian")
    found = Reporter.objects.select_for_update().filter(report=report).first()
    if found is None:
        raise Refused(_("这次上报没有留下姓名和电话，不用标记"))
    now = moment()
    facts = {"case": report.case_id, "guardian": guardian}
    record(report.subject, "mark_minor", actor=actor, at=now, facts=facts)
    if guardian == NONE:
        found.delete()
        stop_following(report.subject)
        return
    found.guardian = guardian
    found.save(update_fields=["guardian"])
