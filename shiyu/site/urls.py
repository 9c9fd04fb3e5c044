"""Where each page lives; every module brings its own paths."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from shiyu.site import health, looks, overview
from shiyu.site.backup.page import backups

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive, name="healthz"),  # answered before, by health.Health
    path("readyz", health.ready, name="readyz"),
    path("readyz/pages", health.ready_pages, name="readyz_pages"),
    path("", include("shiyu.api.urls")),  # first: few addresses, asked most often
    path("account/", include("shiyu.people.urls")),
    path("", include("shiyu.desk.urls")),
    path("files/", include("shiyu.files.urls")),
    path("notices/", include("shiyu.notices.urls")),
    path("calendars/", include("shiyu.calendars.urls")),
    path("places/", include("shiyu.places.urls")),
    path("catalogue/", include("shiyu.catalogue.urls")),
    path("privacy/", include("shiyu.privacy.urls")),
    path("language/", set_language, name="set_language"),
    path("overview/", overview.overview, name="overview"),
    path("backups/", backups, name="backups"),
    path("size/", looks.size, name="size"),
    path("looks/", looks.looks, name="looks"),
    path("favicon.ico", looks.favicon, name="favicon"),
    path("", include("shiyu.portal.urls")),
]

handler400 = "shiyu.site.errors.bad_request"
handler403 = "shiyu.site.errors.forbidden"
handler404 = "shiyu.site.errors.not_found"
handler500 = "shiyu.site.errors.server_error"
