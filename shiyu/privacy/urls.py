"""Pages of those who answer for personal data (个人信息)."""

from django.urls import path

from shiyu.privacy import views

app_name = "privacy"

urlpatterns = [
    path("", views.catalogue_page, name="catalogue"),
    path("keeping/", views.keeping_page, name="keeping"),
    path("requests/", views.demands, name="demands"),
    path("requests/<int:pk>/", views.demand, name="demand"),
    path("requests/<int:pk>/erase/", views.carry_out, name="carry_out"),
    path("requests/<int:pk>/refuse/", views.refuse, name="refuse"),
    path("of/<slug:number>/", views.of_case, name="of_case"),
    path("of/<slug:number>/<int:pk>/ask/", views.ask, name="ask"),
    path("of/<slug:number>/<int:pk>/hold/", views.hold, name="hold"),
    path("of/<slug:number>/<int:pk>/copy/", views.copy, name="copy"),
    path("holds/<int:pk>/lift/", views.lift, name="lift"),
]
