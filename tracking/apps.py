from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "tracking"
    verbose_name = "Parcels"

    def ready(self) -> None:
        from . import events, performers, subscribers  # noqa: F401 - importing them registers them
