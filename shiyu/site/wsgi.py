"""The pages, for a web server that speaks WSGI (Granian)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shiyu.site.settings")

application = get_wsgi_application()
