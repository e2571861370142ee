from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "logistics_portal.kernel"
    label = "kernel"
    verbose_name = "Work"
