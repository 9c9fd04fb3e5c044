"""Where each page lives; every module brings its own paths."""

from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = []

handler400 = "shiyu.site.errors.bad_request"
handler403 = "shiyu.site.errors.forbidden"
handler404 = "shiyu.site.errors.not_found"
handler500 = "shiyu.site.errors.server_error"
