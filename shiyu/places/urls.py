"""Paths of places, under /places/."""

from django.urls import path

from shiyu.places import views

app_name = "places"

urlpatterns = [
    path("cells.geojson", views.cells, name="cells"),
    path("find", views.find, name="find"),
    path("at", views.at, name="at"),
]
