"""What every answer of an interface carries: its number, the quota, nothing to be kept (答复头).

Quota as in the IETF draft "RateLimit header fields for HTTP": `RateLimit-Policy` and `RateLimit`.
"""

from django.http import HttpRequest, HttpResponse

from shiyu.api.entry import Quota, request_id_of


def complete(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Add what every answer carries."""
    response["X-Request-Id"] = request_id_of(request)
    response.setdefault("Cache-Control", "no-store")
    response.setdefault("Vary", "Authorization, Accept-Language")
    quota: Quota | None = getattr(request, "quota", None)
    if quota is not None:
        left = max(0, int(quota.left))
        response["RateLimit-Policy"] = f'"minute";q={quota.most};w=60'
        response["RateLimit"] = f'"minute";r={left};t={quota.full_in_s}'
    return response
