"""The pages, for a web server that speaks WSGI (Granian)."""

import os
from collections.abc import Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

from shiyu.common import wall
from shiyu.common.egress.leaving import bar, database_names

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shiyu.site.settings")

bar(names=database_names())
_pages = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """One request: nothing that belongs to somebody is seen until it is known who asks."""
    with wall.within(None):
        answer: Iterable[bytes] = _pages(environ, start_response)
        return answer
