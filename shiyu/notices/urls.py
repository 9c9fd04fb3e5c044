"""Where notices are shown."""

from django.urls import path

from shiyu.notices import views

app_name = "notices"

urlpatterns = [
    path("", views.listing, name="list"),
    path("badge/", views.badge, name="badge"),
    path("read/", views.read_all, name="read_all"),
    path("<int:number>/read/", views.read, name="read"),
]
