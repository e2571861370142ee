"""Asking carriers that don't tell by themselves."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Work

from ..pace import Stop
from .payloads import CarrierAccount
from .shipments import Parcel


class Poll(Work):
    """When a parcel's carrier is asked next. One row for each parcel whose carrier can be asked."""

    class StoppedFor(models.TextChoices):
        """The stops of `pace`, with the words that people read."""

        ENDED = Stop.ENDED.value, _("The parcel reached its end")
        NEVER_KNOWN = Stop.NEVER_KNOWN.value, _("The carrier never knew the number")
        SILENT = Stop.SILENT.value, _("No news for 60 days")
        RETIRED = Stop.RETIRED.value, _("The number belongs to another parcel now")
        NO_ACCOUNT = Stop.NO_ACCOUNT.value, _("No account may ask this carrier")
        NEEDS_POSTAL_CODE = Stop.NEEDS_POSTAL_CODE.value, _("The carrier wants a postal code")
        NEEDS_PHONE = Stop.NEEDS_PHONE.value, _("The carrier wants a phone number")
        NEEDS_MORE = Stop.NEEDS_MORE.value, _("The carrier wants to know more of the parcel")

    parcel = models.OneToOneField(Parcel, on_delete=models.CASCADE, related_name="poll")
    asked_at = models.DateTimeField(null=True, blank=True)
    news_at = models.DateTimeField(null=True, blank=True, help_text="When the timeline last learned something new")
    turn_at = models.DateTimeField(null=True, blank=True, help_text="The turn that its account's budget gave it")
    empty_answers = models.PositiveSmallIntegerField(default=0, help_text="Answers in a row that told nothing new")
    answer_digest = models.CharField(max_length=64, blank=True, help_text="What the last answer is known by")
    stopped_for = models.CharField(max_length=40, blank=True, choices=StoppedFor, help_text="Why nobody asks any more")

    class Meta(Work.Meta):
        indexes = [
            *Work.Meta.indexes,
            models.Index(fields=["stopped_for"], name="poll_by_stop", condition=~models.Q(stopped_for="")),
        ]

    def __str__(self) -> str:
        return f"poll of {self.parcel_id}"


class Asking(models.Model):
    """How asking goes with an account: written by every worker that asks, so it lives beside the account."""

    account = models.OneToOneField(CarrierAccount, on_delete=models.CASCADE, primary_key=True, related_name="asking")
    next_turn_at = models.DateTimeField(null=True, blank=True, help_text="When the budget has room for a question")
    paused_until = models.DateTimeField(null=True, blank=True, help_text="Nobody asks before, after trouble")
    failures = models.PositiveSmallIntegerField(default=0, help_text="Rounds in a row that brought no answer")
    refused_at = models.DateTimeField(null=True, blank=True, help_text="When the carrier refused the credentials")
    troubled_at = models.DateTimeField(null=True, blank=True, help_text="When trouble was noted last")
    trouble = models.CharField(max_length=200, blank=True, help_text="What went wrong")

    def __str__(self) -> str:
        return f"asking by {self.account_id}"
