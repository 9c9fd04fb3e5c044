"""Text size of the pages, and the style page that shows every component (长辈版, 样式页)."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST, require_safe

from shiyu.common import cookies
from shiyu.site.context import ELDER, SIZE_COOKIE, page
from shiyu.site.icons import ICONS
from shiyu.site.samples import Sample

YEAR_S = 365 * 24 * 3600
FACES = {
    "desk": "site/looks.html",
    "case": "site/looks_own.html",
    "page": "site/looks_page.html",
    "portal": "site/looks_portal.html",
    "gate": "site/looks_gate.html",
}


@require_POST
def size(request: HttpRequest) -> HttpResponse:
    """Turns elder mode on or off and comes back to the page it was asked on."""
    back = request.POST.get("next", "")
    allowed = {request.get_host()}
    if not url_has_allowed_host_and_scheme(back, allowed, require_https=request.is_secure()):
        back = "/"
    response = HttpResponseRedirect(back)
    if request.POST.get("size") == ELDER:
        cookies.keep(response, SIZE_COOKIE, ELDER, seconds=YEAR_S)
    else:
        cookies.forget(response, SIZE_COOKIE)
    return response


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def favicon(request: HttpRequest) -> HttpResponse:
    """The city's seal for whoever asks at the old address without reading the page (站点图标)."""
    return HttpResponseRedirect(static("site/favicon.ico"))


@require_GET
def looks(request: HttpRequest) -> HttpResponse:
    """Every component in every state, for our own eyes and for screenshots."""
    if not (settings.DEBUG or page(request)["page"].demo):
        raise Http404
    template = FACES.get(request.GET.get("face", "desk"))
    if template and "HX-Request" in request.headers:
        template = "site/looks_case.html"
    if template is None:
        raise Http404
    return render(request, template, {"sample": Sample(timezone.now()), "icons": sorted(ICONS)})
