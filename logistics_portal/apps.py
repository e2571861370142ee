from django.apps import AppConfig, apps

from .model_words import translate_names


class PortalConfig(AppConfig):
    name = "logistics_portal"
    label = "portal"

    def ready(self) -> None:
        from .live import subscribers  # noqa: F401 - importing it registers it

        translate_names(apps.get_app_configs())
