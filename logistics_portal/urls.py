"""Every door of the portal."""

from django.apps import apps
from django.contrib import admin
from django.urls import include, path, re_path

from . import admin_find, change_page, receiver_page, views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("t/<str:token>/", views.order, name="order"),
    path("t/<str:token>/change/", change_page.change_order, name="change_order"),
    path("r/<str:token>/", receiver_page.receiver, name="receiver"),
    re_path(r"^brand/(?P<color>[0-9a-f]{6})\.css$", views.brand, name="brand"),
    re_path(r"^brand/(?P<digest>[0-9a-f]{32})\.png$", views.logo, name="logo"),
    path("orders/", views.my_orders, name="my_orders"),
    path("", include("customers.urls")),
    path("", include("orders.urls")),
    path("", include("tracking.urls")),
    *([path("", include("dispatch.urls"))] if apps.is_installed("dispatch") else []),
    path("", include("aftersales.urls")),
    path("", include("notifications.urls")),
    path("api/", include("logistics_portal.api_urls")),
    path("webhooks/carriers/", include("tracking.webhooks")),
    path("admin/search/", admin.site.admin_view(admin_find.results)),  # in place of the theme's own
    path("admin/find/", admin.site.admin_view(admin_find.page), name="admin_find"),
    path("admin/", admin.site.urls),
]
