"""The resident's pages: short addresses without anything personal (公众页面)."""

from django.urls import path, re_path

from shiyu.portal.views import (
    following,
    home,
    news,
    own_data,
    placing,
    proof,
    sending,
    sorting,
    whole,
    writing,
)

app_name = "portal"

PHOTO = r"(?P<public_id>[0-9a-f]{32})"
CODE = r"r/(?P<code>[^/]{1,60})/"

urlpatterns = [
    path("", home.home, name="home"),
    path("help/", home.help_page, name="help"),
    path("report/", home.go_on, name="go_on"),
    path("report/photo/", writing.photo, name="photo"),
    re_path(rf"^report/photo/{PHOTO}/$", writing.thumbnail, name="thumbnail"),
    re_path(rf"^report/photo/{PHOTO}/drop/$", writing.drop_photo, name="drop_photo"),
    path("report/whole/", whole.whole, name="whole"),
    path("report/words/", writing.words, name="words"),
    path("report/place/", placing.place, name="place"),
    path("report/kind/", sorting.kind, name="kind"),
    path("report/kind/all/", sorting.all_kinds, name="kinds"),
    path("report/similar/", sorting.same, name="similar"),
    path("report/check/", sending.check, name="check"),
    path("report/done/", sending.done, name="done"),
    path("report/clear/", home.clear, name="clear"),
    path("r/", following.find, name="find"),
    re_path(rf"^{CODE}$", following.follow, name="follow"),
    re_path(rf"^{CODE}news/$", news.news, name="news"),
    re_path(rf"^{CODE}add/$", following.add, name="add"),
    re_path(rf"^{CODE}withdraw/$", following.withdraw, name="withdraw"),
    re_path(rf"^{CODE}rate/$", following.rate, name="rate"),
    re_path(rf"^{CODE}untold/$", following.untold, name="untold"),
    re_path(rf"^{CODE}proof/$", proof.of_report, name="proof"),
    re_path(rf"^{CODE}proof\.json$", proof.download, name="proof_file"),
    re_path(rf"^{CODE}data/$", own_data.data, name="data"),
    re_path(rf"^{CODE}data/copy/$", own_data.copy, name="copy_data"),
    re_path(rf"^{CODE}data/erase/$", own_data.erase, name="erase_data"),
    path("notice/", own_data.privacy_notice, name="notice"),
    path("proof/", proof.check, name="check_proof"),
    path("proof/witness.jsonl", proof.marks, name="marks"),
    re_path(rf"^{CODE}{PHOTO}/(?P<size>full|small)\.jpg$", following.photo, name="report_photo"),
]
