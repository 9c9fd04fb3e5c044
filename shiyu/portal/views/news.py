"""Whether a report has moved on since its page was opened: asked by the page itself (有新进展)."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from shiyu.people.web import background
from shiyu.portal.receipts import Receipt
from shiyu.portal.views.following import with_receipt


@background
@require_safe
@with_receipt
def news(_request: HttpRequest, receipt: Receipt) -> JsonResponse:
    """The version at which the case stands, and nothing of it."""
    return JsonResponse({"version": receipt.case.version})
