"""Where the interfaces answer."""

from django.urls import include, path

from shiyu.api.v1 import all_routes  # noqa: F401 - declares them
from shiyu.api.v1.routes import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("shiyu.api.pages")),
    path("open311/", include("shiyu.api.open311.urls")),
]
