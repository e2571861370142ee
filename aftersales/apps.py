from django.apps import AppConfig


class AftersalesConfig(AppConfig):
    name = "aftersales"
    verbose_name = "After-sales"

    def ready(self) -> None:
        from . import events, performers, subscribers  # noqa: F401 - importing them registers them
