"""Impact assessments: begun by one, approved by another, due again in time (影响评估)."""

from collections.abc import Mapping
from datetime import date, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shiyu.common.errors import NotAllowed, OutOfOrder, Refused
from shiyu.common.masking import masked
from shiyu.journal.actions import moment, record, write_remark
from shiyu.notices.actions.owing import owe
from shiyu.people.actors import Actor
from shiyu.people.duties import Duty
from shiyu.people.rules import holders_of
from shiyu.privacy import rules
from shiyu.privacy.lifecycle import ANOTHER, ASSESSMENT_MOVES, Assessed
from shiyu.privacy.models import Assessment
from shiyu.privacy.processing import PROCESSINGS

WORDS = ("purpose", "lawfulness", "necessity", "effects", "measures")
WORDS_MOST = 4_000
REASON_MOST = 200
LONGEST = timedelta(days=3 * 365)
"""An assessment is good for so long at most; a year is proposed."""


@transaction.atomic
def assess(
    processing: str, *, said: Mapping[str, str], conclusion: str, due_on: date, actor: Actor
) -> Assessment:
    """Put an assessment of this processing before another administrator (提交影响评估).

    said  the texts of `WORDS`, each of which has to say something.

    Raises  NotAllowed; Refused for a text that lacks, or a day that has passed or lies too far
            ahead; OutOfOrder while another one waits.
    """
    if not rules.may_assess(actor) or processing not in PROCESSINGS:
        raise NotAllowed(_("影响评估由安全管理员提出"))
    for name in WORDS:
        if not said.get(name, "").strip() or len(said[name]) > WORDS_MOST:
            text = _("每一项都要写，最多 %(most)d 字")
            raise Refused(text % {"most": WORDS_MOST}, field=name)
    if conclusion not in Assessment.Conclusion.values:
        raise Refused(_("选一项结论"), field="conclusion")
    today = timezone.localdate()
    if not today < due_on <= today + LONGEST:
        raise Refused(_("再次评估的日期在明天到三年以内"), field="due_on")
    _lock(processing)
    if Assessment.objects.filter(processing=processing, stage=Assessed.ASKED).exists():
        raise OutOfOrder(_("这项处理已有一份评估等待批准"))
    now = moment()
    made = Assessment.objects.create(
        processing=processing,
        conclusion=conclusion,
        due_on=due_on,
        begun_by_id=actor.id,
        begun_at=now,
        **{name: masked(said[name].strip()) for name in WORDS},
    )
    facts = {"processing": processing, "conclusion": conclusion, "due_on": due_on}
    record(made.subject, "assess", actor=actor, at=now, facts=facts)
    others = holders_of(Duty.SECURITY_ADMIN) - {actor.id}
    owe(others, made.subject, "second_asked", facts=_told(made), at=now)
    return made


@transaction.atomic
def approve_assessment(found: Assessment, *, actor: Actor) -> Assessment:
    """Approve what another has assessed: it counts from now on (批准评估).

    Raises  NotAllowed for who began it or had their account in hand; OutOfOrder when decided.
    """
    found = _begin(found, "approve", actor)
    return _decide(found, "approve", actor)


@transaction.atomic
def return_assessment(found: Assessment, *, reason: str, actor: Actor) -> Assessment:
    """Give it back with what it lacks (退回评估). Raises as approving does; Refused unsaid."""
    found = _begin(found, "return", actor)
    words = reason.strip()
    if not words or len(words) > REASON_MOST:
        text = _("写明缺什么，最多 %(most)d 字") % {"most": REASON_MOST}
        raise Refused(text, field="reason")
    remark = write_remark(found.subject, words, author=actor, at=moment(found.begun_at))
    found.said_id = remark.pk
    return _decide(found, "return", actor)


@transaction.atomic
def withdraw_assessment(found: Assessment, *, actor: Actor) -> Assessment:
    """Take one's own back (撤回评估). Raises NotAllowed, OutOfOrder."""
    found = _begin(found, "withdraw", actor)
    return _decide(found, "withdraw", actor)


def _begin(found: Assessment, name: str, actor: Actor) -> Assessment:
    found = Assessment.objects.select_for_update(of=("self",)).get(pk=found.pk)
    move = ASSESSMENT_MOVES[name]
    if not rules.may_move_assessment(actor, name, found):
        if move.whose == ANOTHER:
            raise NotAllowed(
                _("由另一名安全管理员批准：不能是提出的人，也不能是近期由提出人经手账号的人")
            )
        raise NotAllowed(_("只有提出的人可以撤回"))
    if found.stage not in move.sources:
        raise OutOfOrder(_("这份评估已经办完"))
    return found


def _decide(found: Assessment, name: str, actor: Actor) -> Assessment:
    found.stage = ASSESSMENT_MOVES[name].target
    found.decided_by_id, found.decided_at = actor.id, moment(found.begun_at)
    found.save(update_fields=["stage", "decided_by", "decided_at", "said_id"])
    facts = {"processing": found.processing}
    record(found.subject, f"{name}_assessment", actor=actor, at=found.decided_at, facts=facts)
    if found.decided_by_id != found.begun_by_id:
        asker = {found.begun_by_id}
        owe(asker, found.subject, "second_decided", facts=_told(found), at=found.decided_at)
    return found


def _told(found: Assessment) -> dict[str, str]:
    title = PROCESSINGS[found.processing].title
    return {"what": _("影响评估：%(title)s") % {"title": title}}


def _lock(processing: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"assessment {processing}"]
        )
