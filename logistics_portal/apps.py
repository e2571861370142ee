from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "logistics_portal"
    label = "portal"
