"""What is kept of oneself, for everybody who works here (本人信息)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shiyu.people.web import SignedIn, signed_in
from shiyu.privacy import own
from shiyu.privacy.declared import TRAIL
from shiyu.privacy.keeping import RULES


@signed_in
@require_safe
def mine(request: SignedIn) -> HttpResponse:
    """What this program keeps of me, what for, how long, who sees it (我的个人信息)."""
    context = {
        "kept": own.kept_of(request.user),
        "trail": TRAIL,
        "trail_kept": RULES[TRAIL.retention].says,
    }
    return render(request, "privacy/mine.html", context)
