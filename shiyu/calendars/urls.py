"""Paths of calendars, under /calendars/."""

from django.urls import path

from shiyu.calendars import views

app_name = "calendars"

urlpatterns = [
    path("", views.listing, name="list"),
    path("revisions/<int:pk>/", views.revision, name="revision"),
    path("revisions/<int:pk>/progress/", views.progress, name="progress"),
    path("revisions/<int:pk>/look/", views.look, name="look"),
    path("revisions/<int:pk>/publish/", views.publish, name="publish"),
    path("revisions/<int:pk>/undo/", views.undo, name="undo"),
    path("<slug:code>/history/", views.history, name="history"),
    path("<slug:code>/hours/", views.hours, name="hours"),
    path("<slug:code>/<int:year>/", views.year, name="year"),
    path("<slug:code>/<int:year>/days/", views.days, name="days"),
]
