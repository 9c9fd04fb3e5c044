"""Where photos are shown."""

from django.urls import re_path

from shiyu.files import views

app_name = "files"

urlpatterns = [
    re_path(r"^(?P<public_id>[0-9a-f]{32})/(?P<size>full|small)\.jpg$", views.photo, name="photo"),
]
