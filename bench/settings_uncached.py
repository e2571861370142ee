"""The portal's settings with no page kept, to measure what making one costs."""

from logistics_portal.settings import *  # noqa: F403
from logistics_portal.settings import CACHES

CACHES = {**CACHES, "pages": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
