"""The addresses of Open311, each with or without the ending that names its form."""

from django.http import HttpRequest, HttpResponse
from django.urls import re_path

from shiyu.api.open311 import creating, discovery, profile, querying, services
from shiyu.api.open311.served import nowhere, served

ENDING = r"(?:\.(?P<ending>xml|json))?/?$"
NAME = r"[^/\s]{1,80}?"

_query = served("GET", cost=5)(querying.request_list)
_create = served("POST", needs_key=True, cost=5)(creating.create)


def requests(request: HttpRequest, ending: str | None = None) -> HttpResponse:
    """GET requests and POST requests live at one address."""
    view = _create if request.method == "POST" else _query
    return view(request, ending)


urlpatterns = [
    re_path(rf"^(?:v2/)?discovery{ENDING}", discovery.discovery, name="open311_discovery"),
    re_path(r"^openapi\.json$", discovery.openapi, name="open311_openapi"),
    re_path(rf"^v2/services{ENDING}", services.service_list, name="open311_services"),
    re_path(
        rf"^v2/services/(?P<code>{NAME}){ENDING}",
        services.service_definition,
        name="open311_definition",
    ),
    re_path(rf"^v2/requests{ENDING}", requests, name="open311_requests"),
    re_path(
        rf"^v2/requests/(?P<number>{NAME}){ENDING}",
        querying.request_single,
        name="open311_request",
    ),
    re_path(rf"^v2/tokens/(?P<code>{NAME}){ENDING}", querying.token, name="open311_token"),
    *(
        re_path(
            rf"^profile/v1/requests/(?P<number>{NAME})/{what}{ENDING}",
            view,
            name=f"open311_{what}",
        )
        for what, view in (
            ("history", profile.history),
            ("updates", profile.updates),
            ("outcome", profile.outcome),
            ("documents", profile.documents),
            ("comments", profile.comments),
        )
    ),
    re_path(rf"^profile/v1/webhooks{ENDING}", profile.webhooks, name="open311_webhooks"),
    re_path(
        rf"^profile/v1/webhooks/(?P<ref>\d{{1,18}}){ENDING}",
        profile.webhook,
        name="open311_webhook",
    ),
    re_path(
        r"^profile/v1/pictures/(?P<token>[\w:-]{1,120})$", profile.picture, name="open311_picture"
    ),
    re_path(r"^.*$", nowhere, name="open311_nowhere"),
]
