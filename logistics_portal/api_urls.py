"""The API: one router, to which each app adds its doors, and its description."""

from django.urls import include, path
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView
from rest_framework.routers import SimpleRouter

import aftersales.api
import customers.api
import inventory.api
import notifications.api
import notifications.api_hooks
import orders.api
import orders.api_reorders
import tracking.api

router = SimpleRouter()
for door in (
    customers.api,
    orders.api,
    orders.api_reorders,
    inventory.api,
    tracking.api,
    aftersales.api,
    notifications.api,
    notifications.api_hooks,
):
    door.register(router)

# Redoc writes its styles and worker itself; nothing of it comes from elsewhere.
_DOCS_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
    "worker-src": [CSP.SELF, "blob:"],
    "frame-ancestors": [CSP.NONE],
}

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", csp_override(_DOCS_CSP)(SpectacularRedocView.as_view(url_name="schema")), name="api_docs"),
    path("v1/", include(router.urls)),
]
