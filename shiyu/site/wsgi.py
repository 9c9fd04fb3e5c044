"""The pages, for a web server that speaks WSGI (Granian)."""

import os

from django.core.wsgi import get_wsgi_application

from shiyu.common.egress.leaving import bar, database_names

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shiyu.site.settings")

bar(names=database_names())
application = get_wsgi_application()
