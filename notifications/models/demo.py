"""The demo's own phone and mailbox."""

from django.db import models
from django.utils import timezone

from logistics_portal.kernel.models import Row


class DemoDeliveryQuerySet(models.QuerySet):
    def over(self, channel: str, *, to: str = ""):
        """What came in over a channel, newest first; ``to`` one address, or to any."""
        came = self.filter(channel=channel).order_by("-id")
        return came.filter(address=to) if to else came

    def addresses(self, channel: str):
        """The addresses that got something, the latest first."""
        latest = self.filter(channel=channel).values("address").annotate(latest=models.Max("delivered_at"))
        return latest.order_by("-latest").values_list("address", flat=True)[:50]


class DemoDelivery(Row):
    """A message that the demo delivered to its own phone or mailbox page instead of the world."""

    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=254)
    subject = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)
    delivered_at = models.DateTimeField(default=timezone.now)

    objects = DemoDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "demo deliveries"
        indexes = [models.Index(fields=["channel", "address", "-id"], name="demo_by_address")]

    def __str__(self) -> str:
        return f"{self.channel} to {self.address}"
