from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "logistics_portal"
    label = "portal"

    def ready(self) -> None:
        from .live import subscribers  # noqa: F401 - importing it registers it
