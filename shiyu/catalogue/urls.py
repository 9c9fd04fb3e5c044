"""Paths of the catalogue (立结案标准)."""

from django.urls import path, re_path

from shiyu.catalogue.views import city, conditions, kinds, objections

app_name = "catalogue"
urlpatterns = [
    path("", kinds.listing, name="kinds"),
    path("new/", kinds.new, name="new_kind"),
    path("grid/", city.grid, name="grid"),
    path("procedure/", city.procedure, name="procedure"),
    path("procedure/edit/", city.edit_procedure, name="edit_procedure"),
    path("reasons/", city.reasons, name="reasons"),
    path("reasons/new/", city.new_reason, name="new_reason"),
    re_path(
        r"^reasons/(?P<number>[0-9]{1,18})/(?P<what>end|take-up)/$",
        city.set_reason,
        name="set_reason",
    ),
    path("objections/", objections.listing, name="objections"),
    re_path(
        r"^objections/(?P<number>[0-9]{1,18})/(?P<what>adopt|decline|withdraw)/$",
        objections.act,
        name="act_on_objection",
    ),
    path("upload/", city.upload, name="upload"),
    path("upload/<int:number>/publish/", city.publish, name="publish"),
    path("kinds/<str:code>/", kinds.kind, name="kind"),
    path("kinds/<str:code>/edit/", kinds.edit, name="edit_kind"),
    path("kinds/<str:code>/do/<slug:what>/", kinds.act, name="act"),
    path("kinds/<str:code>/conditions/new/", conditions.new, name="new_condition"),
    path("kinds/<str:code>/conditions/<int:ordinal>/", conditions.revise, name="condition"),
    path("kinds/<str:code>/conditions/<int:ordinal>/end/", conditions.end, name="end_condition"),
    path(
        "kinds/<str:code>/conditions/<int:ordinal>/withdraw/",
        conditions.withdraw,
        name="withdraw_condition",
    ),
    path("kinds/<str:code>/conditions/<int:ordinal>/compare/", conditions.compare, name="compare"),
    path("kinds/<str:code>/conditions/<int:ordinal>/object/", objections.raise_one, name="object"),
]
