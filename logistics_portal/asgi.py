"""The same application for ASGI servers; pages are served by WSGI, which costs sync views less."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "logistics_portal.settings")

application = get_asgi_application()
