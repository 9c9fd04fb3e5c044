"""What every step of a report shares: its page, its draft, the way on (上报步骤共用)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shiyu.common.errors import OutOfOrder
from shiyu.portal.emergency import sounds_urgent
from shiyu.portal.models import Draft
from shiyu.portal.rules import is_complete, next_step
from shiyu.portal.views.holding import Held

FORM_STATUS = 422
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def draft_in(held: Held) -> Draft:
    if held.draft is None:
        raise OutOfOrder(_("这份上报已经清空，请重新开始"))
    return held.draft


def onward(draft: Draft) -> HttpResponse:
    fresh = Draft.objects.select_related("kind").get(pk=draft.pk)
    return redirect(f"portal:{next_step(fresh)}")


def show_step(
    request: HttpRequest, draft: Draft | None, name: str, form: Any, **more: Any
) -> HttpResponse:
    wrong = bool(more.get("error") or (form is not None and form.errors))
    context = {
        "draft": draft,
        "form": form,
        "complete": is_complete(draft),
        "urgent": sounds_urgent(draft.text if draft else ""),
        "has_errors": wrong,
    }
    status = FORM_STATUS if wrong else 200
    return render(request, f"portal/{name}.html", context | more, status=status)
