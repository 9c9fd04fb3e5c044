"""Where the pages of the interfaces live."""

from django.urls import path

from shiyu.api.views import keys, reference

app_name = "api"

urlpatterns = [
    path("api/", reference.reference, name="reference"),
    path("keys/", keys.listing, name="keys"),
    path("keys/new/", keys.new, name="new"),
    path("keys/<int:number>/", keys.client, name="client"),
    path("keys/<int:number>/grants/", keys.regrant, name="regrant"),
    path("keys/<int:number>/rotate/", keys.rotate, name="rotate"),
    path("keys/<int:number>/revoke/<slug:visible>/", keys.revoke, name="revoke"),
]
