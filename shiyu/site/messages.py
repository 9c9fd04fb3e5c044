"""Short messages between two pages, in a cookie of ours and else in the session (提示)."""

from django.conf import settings
from django.contrib.messages.storage import cookie, fallback, session

from shiyu.common.cookies import called


class InCookie(cookie.CookieStorage):
    """Django's, under our cookies' kind of name."""

    cookie_name = called("messages", https=settings.SECURE_HTTPS)


class Messages(fallback.FallbackStorage):
    """As far as a cookie holds them, the rest in the session."""

    storage_classes = (InCookie, session.SessionStorage)
