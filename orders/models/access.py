"""Who else may follow an order, and who opened its links."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from phonenumber_field.modelfields import PhoneNumberField

from logistics_portal.kernel import tokens
from logistics_portal.kernel.models import Row

from .orders import Order

DELEGATE_LINK = "delegate-link"
DELEGATION_LASTS = timedelta(days=30)  # after everything arrived
DELEGATION_ENDS = timedelta(days=365)  # whatever became of the order


class By(models.TextChoices):
    """Who did it."""

    CUSTOMER = "customer", pgettext_lazy("by", "Customer")
    MERCHANT = "merchant", pgettext_lazy("by", "Merchant")
    DELEGATE = "delegate", pgettext_lazy("by", "Receiver")


class DelegateQuerySet(models.QuerySet):
    def following(self, now: datetime):
        """Those whose delegation holds."""
        over = Q(order__completed_at__lt=now - DELEGATION_LASTS) | Q(order__canceled_at__lt=now - DELEGATION_LASTS)
        return self.filter(ended_at__isnull=True, added_at__gte=now - DELEGATION_ENDS).exclude(over)


class Delegate(Row):
    """Somebody who receives an order in the customer's place: gets its news and a page of it without prices."""

    class Answer(models.TextChoices):
        HAS_IT = "has_it", _("They have it")
        MISSING = "missing", _("They do not have it")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="delegates")
    name = models.CharField(max_length=60)
    phone = PhoneNumberField()
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, default="en")
    gets_code = models.BooleanField(default=True, help_text="They take it at the door, so they get the courier's code")
    sees_items = models.BooleanField(default=False, help_text="They see what is inside; never what it costs")
    added_by = models.CharField(max_length=10, choices=By)
    added_at = models.DateTimeField(default=timezone.now)
    ended_by = models.CharField(max_length=10, choices=By, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = DelegateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "phone"], condition=Q(ended_at__isnull=True), name="one_delegation_a_number"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="") | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
                name="delegation_is_ended_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["phone"], name="delegate_by_phone")]

    def __str__(self) -> str:
        return self.name

    @property
    def token(self) -> str:
        return tokens.make_token(DELEGATE_LINK, self.pk)

    @property
    def url(self) -> str:
        """The link that is sent to them."""
        return f"{settings.BASE_URL}/r/{self.token}/"

    def ends_at(self) -> datetime:
        """When the delegation ends by itself, as things stand; its order must be loaded."""
        latest = self.added_at + DELEGATION_ENDS
        return min(latest, self.order.ended_at + DELEGATION_LASTS) if self.order.ended_at else latest

    def is_following(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.ends_at()


class LinkRevocation(Row):
    """A link of an order that was made useless. Only ever added."""

    class Link(models.TextChoices):
        CUSTOMER = "customer", _("The link in messages")
        MERCHANT = "merchant", _("The link at the merchant")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="link_revocations")
    link = models.CharField(max_length=10, choices=Link)
    version = models.PositiveSmallIntegerField(help_text="The version that ended")
    by = models.CharField(max_length=10, choices=By)
    revoked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "link", "version"], name="one_revocation_a_version"),
        ]

    def __str__(self) -> str:
        return f"{self.link} {self.version}"


class Opening(Row):
    """That somebody opened an order by a link: one row a visitor and hour. Never changed; forgotten after some time."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="openings", db_index=False)
    link = models.CharField(max_length=40, help_text="customer:1, merchant:1 or a delegate's id")
    hour = models.DateTimeField(help_text="The hour in which it was opened, at its begin")
    visitor = models.CharField(max_length=32, help_text="Network and browser, not to be read back; another an order")
    has_proof = models.BooleanField(help_text="The phone was proved on this device")
    opened_at = models.DateTimeField(help_text="The first time in the hour")
    device = models.CharField(max_length=10, help_text="phone, tablet, computer, program or unknown")
    label = models.CharField(max_length=80, blank=True, help_text="Browser and system, as the browser tells them")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "link", "hour", "visitor", "has_proof"], name="one_opening_a_visitor_and_hour"
            ),
        ]
        indexes = [models.Index(fields=["opened_at"], name="opening_by_time")]

    def __str__(self) -> str:
        return f"{self.link} {self.opened_at:%Y-%m-%d %H:%M}"
