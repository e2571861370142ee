from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Messages"

    def ready(self) -> None:
        from . import checks, evidence, performers, subscribers  # noqa: F401 - importing them registers them
        from .hooks import performer, subscriber  # noqa: F401 - likewise
        from .subscriptions import books, tokens  # noqa: F401 - likewise
