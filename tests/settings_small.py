"""The portal without the apps that it can do without."""

from logistics_portal.settings import *  # noqa: F403
from logistics_portal.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [app for app in INSTALLED_APPS if app not in ("dispatch", "insights")]
DATABASES = {"default": {**DATABASES["default"], "TEST": {"NAME": f"test_{DATABASES['default']['NAME']}_small"}}}
