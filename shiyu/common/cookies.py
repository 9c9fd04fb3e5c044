"""How our cookies are called and kept: under https so that no other may set them (Cookie).

A name that begins with `__Host-` is taken by a browser from this host alone, over https, for the
whole of it; one with a path of its own can only be `__Secure-`. Over plain http, where browsers
refuse such names, they go without.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse


def called(name: str, *, https: bool, path: str = "/") -> str:
    """The whole name of a cookie."""
    if not https:
        return name
    return f"__Host-{name}" if path == "/" else f"__Secure-{name}"


def read(request: HttpRequest, name: str, *, path: str = "/") -> str:
    """What a browser keeps under this name; "" for nothing."""
    whole = called(name, https=settings.SECURE_HTTPS, path=path)
    return str(request.COOKIES.get(whole, ""))


def keep(
    response: HttpResponse, name: str, value: str, *, seconds: int, path: str = "/"
) -> HttpResponse:
    """Have a browser keep this, for us alone: no script reads it, no other site sends it."""
    response.set_cookie(
        called(name, https=settings.SECURE_HTTPS, path=path),
        value,
        max_age=seconds,
        path=path,
        httponly=True,
        samesite="Lax",
        secure=settings.SECURE_HTTPS,
    )
    return response


def forget(response: HttpResponse, name: str, *, path: str = "/") -> HttpResponse:
    """Have a browser keep it no longer."""
    return keep(response, name, "", seconds=0, path=path)


def forget_all(response: HttpResponse) -> HttpResponse:
    """Have a browser let go of what it kept of these pages (退出即清).

    Not its cookies: that would be those of every site of the city's domain.
    """
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
