"""What is kept of people and for how long (数据目录、保存期限)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shiyu.common.wall import beyond
from shiyu.people.web import SignedIn, needs
from shiyu.privacy import shown
from shiyu.privacy.actions import retention
from shiyu.privacy.rules import KEEPERS


@needs(*KEEPERS)
@require_safe
def catalogue_page(request: SignedIn) -> HttpResponse:
    """Every kind of personal value: what for, on what ground, how long, who sees it (数据目录)."""
    return render(request, "privacy/catalogue.html", shown.catalogue())


@needs(*KEEPERS)
@require_safe
@beyond("record keepers")
def keeping_page(request: SignedIn) -> HttpResponse:
    """How long each kind is kept, what was purged of late, what is due (保存期限)."""
    due = retention.due() if "due" in request.GET else None
    return render(request, "privacy/keeping.html", shown.keeping(due))
