"""Where the desk and the cases live."""

from django.urls import path

from shiyu.desk.views import cases, listing, looking, moving, reporting, searching, together

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
    path("desk/row/<int:pk>/", listing.row, name="row"),
    path("desk/<slug:name>/", listing.queue, name="queue"),
    path("cases/id/<int:pk>/", cases.by_id, name="by_id"),
    path("cases/<slug:number>/", cases.case, name="case"),
    path("cases/<slug:number>/print/", cases.on_paper, name="print"),
    path("cases/<slug:number>/reporter/<int:pk>/", looking.unmask, name="unmask"),
    path("cases/<slug:number>/<slug:name>/", moving.move, name="move"),
]
