"""What people want to hear and how, and the addresses that are not written to."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from logistics_portal.kernel.models import Row
from merchants.models import ApiKey, Merchant


class ClosedAddressQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(reopened_at__isnull=True)


class ClosedAddress(Row):
    """An address that is not written to, since when and why; it belongs to a person, not to a merchant."""

    class Reason(models.TextChoices):
        STOPPED = "stopped", _("Its holder wants no messages")  # necessary messages still go there
        DEAD = "dead", _("Nothing arrives there")

    channel = models.CharField(max_length=20)
    address = models.CharField(max_length=254)
    reason = models.CharField(max_length=10, choices=Reason)
    why = models.CharField(max_length=200, blank=True, help_text="What was heard: an answer, a bounce, a complaint")
    closed_at = models.DateTimeField(default=timezone.now)
    reopened_at = models.DateTimeField(null=True, blank=True)

    objects = ClosedAddressQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "closed addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["address", "channel", "reason"],
                condition=Q(reopened_at__isnull=True),
                name="closed_once_a_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.address} ({self.get_reason_display()})"


class Preference(Row):
    """What the holder of a number wants over one channel: a kind of message, a group of kinds, or all of them.

    What is said of a kind counts before what is said of its group, and that before what is said of all.
    """

    number = PhoneNumberField()
    channel = models.CharField(max_length=20)
    kind = models.CharField(max_length=40, blank=True, help_text="A kind or a group of kinds; empty: every kind")
    is_wanted = models.BooleanField()
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "channel", "kind"], name="one_preference_a_channel_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.kind or '*'} by {self.channel}"


class PassedChoiceQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(taken_back_at__isnull=True)


class PassedChoice(Row):
    """What a merchant says that a customer chose there: a group of kinds over a channel, of this merchant's messages.

    It stands beside what the holder of the number said here, and never against it.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = PhoneNumberField()
    channel = models.CharField(max_length=20)
    group = models.CharField(max_length=40)
    is_wanted = models.BooleanField()
    set_at = models.DateTimeField(default=timezone.now)
    api_key = models.ForeignKey(
        ApiKey, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Who passed it on"
    )
    taken_back_at = models.DateTimeField(
        null=True, blank=True, help_text="When the holder of the number said otherwise on their page"
    )

    objects = PassedChoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number", "merchant", "channel", "group"], name="one_passed_choice_a_channel_and_group"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.group} by {self.channel}"


class ChannelOrder(Row):
    """The channels that the holder of a number wants tried first."""

    number = PhoneNumberField(unique=True)
    channels = ArrayField(models.CharField(max_length=20), help_text="The first comes first; others follow after them")
    set_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.number}: {', '.join(self.channels)}"
