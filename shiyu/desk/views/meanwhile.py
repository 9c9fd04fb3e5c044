"""What happened to a case since somebody opened its page (期间变化)."""

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shiyu.cases.lifecycle import Stage
from shiyu.desk import telling
from shiyu.desk.situation import Situation
from shiyu.desk.views.cases import case_numbered
from shiyu.people.web import SignedIn, actor_of, signed_in

SHOWN_MOST = 10


@signed_in
@require_safe
def meanwhile(request: SignedIn, number: str, line: int) -> HttpResponse:
    """Who did what after this line of the journal, where the case stands, what may be done now."""
    actor = actor_of(request)
    about = Situation.of(case_numbered(number, actor), actor)
    story = zip(about.lines, telling.tell(about), strict=True)
    since = [told for written, told in story if written.pk > line]
    return JsonResponse(
        {
            "lines": [_sentence(told) for told in since[-SHOWN_MOST:]],
            "stage": str(Stage(about.case.stage).label),
            "moves": about.moves,
        }
    )


def _sentence(told: telling.Told) -> str:
    """One line as somebody says it: who, when, what, to whom; no words of the record."""
    when = timezone.localtime(told.at).strftime("%H:%M")
    said = _("%(who)s %(when)s 已“%(did)s”") % {"who": told.who, "when": when, "did": told.title}
    return f"{said} → {told.to}" if told.to else said
