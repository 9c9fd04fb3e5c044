"""Where the desk and the cases live."""

from django.urls import path

from shiyu.desk.views import (
    cases,
    exporting,
    figures,
    keeping,
    limiting,
    listing,
    looking,
    meanwhile,
    moving,
    records,
    reporting,
    searching,
    together,
)

app_name = "desk"

urlpatterns = [
    path("desk/", listing.home, name="home"),
    path("desk/new/", reporting.new, name="new"),
    path("desk/order/", reporting.order, name="order"),
    path("desk/search/", searching.search, name="search"),
    path("desk/together/", together.choose, name="choose"),
    path("desk/together/<slug:key>/", together.together, name="together"),
    path("desk/together/<slug:key>/progress/", together.progress, name="together_progress"),
    path("desk/together/<slug:key>/undo/", together.undo, name="together_undo"),
    path("desk/exports/", exporting.exports_list, name="exports"),
    path("desk/exports/new/", exporting.new, name="export_new"),
    path("desk/exports/limits/", limiting.limits, name="export_limits"),
    path("desk/exports/<slug:key>/", exporting.export, name="export"),
    path("desk/exports/<slug:key>/progress/", exporting.progress, name="export_progress"),
    path("desk/exports/<slug:key>/decide/", exporting.decide, name="export_decide"),
    path("desk/exports/<slug:key>/download/", exporting.download, name="export_download"),
    path("desk/saved/", keeping.saved, name="saved"),
    path("desk/saved/<int:pk>/<slug:what>/", keeping.change, name="saved_change"),
    path("desk/layout/", keeping.layout, name="layout"),
    path("desk/news/", listing.news, name="news"),
    path("desk/row/<int:pk>/", listing.row, name="row"),
    path("desk/figures/", figures.figures, name="figures"),
    path("desk/<slug:name>/", listing.queue, name="queue"),
    path("journal/", records.journal, name="journal"),
    path("journal/<slug:number>/", records.remarks, name="remarks"),
    path("journal/<slug:number>/<int:pk>/erase/", records.erase_remark, name="erase_remark"),
    path("cases/id/<int:pk>/", cases.by_id, name="by_id"),
    path("cases/<slug:number>/", cases.case, name="case"),
    path("cases/<slug:number>/print/", cases.on_paper, name="print"),
    path("cases/<slug:number>/since/<int:line>/", meanwhile.meanwhile, name="meanwhile"),
    path("cases/<slug:number>/reporter/<int:pk>/", looking.unmask, name="unmask"),
    path("cases/<slug:number>/reporter/<int:pk>/minor/", looking.mark_minor, name="mark_minor"),
    path("cases/<slug:number>/<slug:name>/", moving.move, name="move"),
]
