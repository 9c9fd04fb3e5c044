"""Pages of those who answer for personal data, and of one's access grants (个人信息)."""

from django.urls import path

from shiyu.privacy.views import assessments, audits, demands, grants, of_case, own, registers

app_name = "privacy"

urlpatterns = [
    path("", registers.catalogue_page, name="catalogue"),
    path("mine/", own.mine, name="mine"),
    path("keeping/", registers.keeping_page, name="keeping"),
    path("grants/", grants.grants, name="grants"),
    path("grants/<int:pk>/end/", grants.end, name="end_grant"),
    path("requests/", demands.demands, name="demands"),
    path("requests/<int:pk>/", demands.demand, name="demand"),
    path("requests/<int:pk>/erase/", demands.carry_out, name="carry_out"),
    path("requests/<int:pk>/grant/", demands.grant, name="grant"),
    path("requests/<int:pk>/refuse/", demands.refuse, name="refuse"),
    path("requests/<int:pk>/withdraw/", demands.withdraw, name="withdraw"),
    path("requests/<int:pk>/copy/", demands.copy, name="copy"),
    path("of/<slug:number>/", of_case.of_case, name="of_case"),
    path("of/<slug:number>/<int:pk>/ask/", of_case.ask, name="ask"),
    path("of/<slug:number>/<int:pk>/ask-copy/", of_case.ask_copy, name="ask_copy"),
    path("of/<slug:number>/<int:pk>/hold/", of_case.hold, name="hold"),
    path("assessments/", assessments.assessments, name="assessments"),
    path("assessments/begin/<slug:processing>/", assessments.begin, name="assess"),
    path("assessments/<int:pk>/", assessments.assessment, name="assessment"),
    path("assessments/<int:pk>/approve/", assessments.approve, name="approve_assessment"),
    path("assessments/<int:pk>/return/", assessments.give_back, name="return_assessment"),
    path("assessments/<int:pk>/withdraw/", assessments.withdraw, name="withdraw_assessment"),
    path("audits/", audits.audits, name="audits"),
    path("audits/<int:pk>/", audits.audit, name="audit"),
    path("audits/<int:pk>/file/", audits.audit_file, name="audit_file"),
    path("holds/<int:pk>/lift/", of_case.lift, name="lift"),
]
