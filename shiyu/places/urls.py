"""Paths of places, under /places/."""

from django.urls import path

from shiyu.places.views import addresses, answers, maps, tree

app_name = "places"

urlpatterns = [
    path("", tree.listing, name="list"),
    path("cells.geojson", answers.cells, name="cells"),
    path("find", answers.find, name="find"),
    path("at", answers.at, name="at"),
    path("maps/", maps.listing, name="maps"),
    path("maps/export", maps.export, name="export"),
    path("maps/<int:pk>/", maps.survey, name="survey"),
    path("maps/<int:pk>/publish/", maps.publish, name="publish"),
    path("maps/<int:pk>/drop/", maps.drop, name="drop"),
    path("maps/<int:pk>/undo/", maps.undo, name="undo"),
    path("addresses/", addresses.listing, name="addresses"),
    path("addresses/new/", addresses.new, name="new_address"),
    path("addresses/import/", addresses.take_in, name="import_addresses"),
    path("addresses/<int:pk>/", addresses.address, name="address"),
    path("addresses/<int:pk>/close/", addresses.close, name="close_address"),
    path("in/<str:code>/", tree.place, name="place"),
    path("in/<str:code>/add/", tree.add, name="add"),
    path("in/<str:code>/rename/", tree.rename, name="rename"),
    path("in/<str:code>/move/", tree.move, name="move"),
    path("in/<str:code>/close/", tree.close, name="close"),
    path("in/<str:code>/back/", tree.take_back, name="take_back"),
    path("in/<str:code>/roster/", tree.enrol, name="enrol"),
    path("in/<str:code>/roster/<int:entry>/leave/", tree.leave, name="leave"),
]
