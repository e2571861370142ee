"""Where people let themselves be told by neither number nor mailbox: browsers that take pushes, consents in WeChat."""

from datetime import timedelta

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from customers.models import Device
from logistics_portal.kernel.models import Row, Work
from logistics_portal.kernel.sealed import SealedText
from merchants.models import Merchant

from .messages import Message

ENDPOINT_MAX = 1000
CONSENT_USED_UP = "43101"  # WeChat: this person's consents for the template are spent, whatever we counted


class SubscriptionQuerySet(models.QuerySet):
    def told(self, *, proved_since):
        """Those of devices that still may act for their number."""
        return self.filter(device__ended_at__isnull=True, device__proved_at__gte=proved_since)


class Subscription(Row):
    """A browser that shows one merchant's news about one number; it ends with the proof of the number on its device."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="push_subscriptions")
    number = PhoneNumberField()
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.CharField(max_length=ENDPOINT_MAX, help_text="Where its push service takes messages for it")
    p256dh = models.CharField(max_length=90, help_text="The browser's public key")
    auth = SealedText(help_text="What only the browser and we know")
    created_at = models.DateTimeField(default=timezone.now)
    renewed_at = models.DateTimeField(default=timezone.now, help_text="When the browser named itself last")

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "number", "endpoint"], name="one_push_a_browser"),
        ]
        indexes = [
            models.Index(fields=["number", "merchant"], name="push_by_number"),
            models.Index(fields=["endpoint"], name="push_by_endpoint"),
        ]

    def __str__(self) -> str:
        return self.device.label or str(self.pk)


class WeChatAccount(Work):
    """A merchant's mini-programme. The row's work is to have a token that is good: it is due before the token ends."""

    class Stage(models.TextChoices):
        FORMAL = "formal", _("Published")
        TRIAL = "trial", _("Trial")
        DEVELOPER = "developer", _("Development")

    merchant = models.OneToOneField(Merchant, on_delete=models.PROTECT, related_name="wechat_account")
    app_id = models.CharField("AppID", max_length=40)
    app_secret = SealedText("AppSecret")
    report_secret = SealedText(help_text="What the mini-programme signs its reports of consents with")
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.FORMAL)
    is_active = models.BooleanField(default=True)
    access_token = SealedText(blank=True, default="")
    token_ends_at = models.DateTimeField(null=True, blank=True)
    token_refused_at = models.DateTimeField(
        null=True, blank=True, help_text="When WeChat last took it for none, although its time had not ended"
    )

    class Meta(Work.Meta):
        verbose_name = "WeChat account"
        verbose_name_plural = "WeChat accounts"
        indexes = [models.Index(fields=["due_at"], name="wechat_account_due", condition=Q(done_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.merchant}: {self.app_id}"

    def has_token(self, *, margin: timedelta = timedelta(seconds=30)) -> bool:
        """Whether the token can be used now."""
        is_in_time = self.token_ends_at is not None and self.token_ends_at > timezone.now() + margin
        return bool(self.access_token) and is_in_time and self.token_refused_at is None


class WeChatTemplate(Row):
    """How one kind of message fills a template that the merchant was granted."""

    account = models.ForeignKey(WeChatAccount, on_delete=models.CASCADE, related_name="templates")
    kind = models.CharField(max_length=40)
    template_id = models.CharField(max_length=64)
    fields = models.JSONField(default=dict, help_text="What stands in each of the template's fields")
    page = models.CharField(
        max_length=200, blank=True, help_text="The mini-programme's page that opens; {order} becomes the order's number"
    )

    class Meta:
        verbose_name = "WeChat template"
        verbose_name_plural = "WeChat templates"
        constraints = [models.UniqueConstraint(fields=["account", "kind"], name="one_wechat_template_a_kind")]

    def __str__(self) -> str:
        return self.template_id


class WeChatConsentQuerySet(models.QuerySet):
    def free(self):
        """Consents that pay for no message: never taken, or taken by one that did not go out.

        A message that WeChat refused because nothing was left shows that no consent given before it is left either.
        """
        refused = WeChatConsent.objects.filter(
            account=OuterRef("account"),
            openid=OuterRef("openid"),
            template_id=OuterRef("template_id"),
            message__error_code=CONSENT_USED_UP,
            message__failed_at__gte=OuterRef("given_at"),
        )
        did_not_go = Q(message__status__in=(Message.Status.FAILED, Message.Status.WITHDRAWN))
        return self.filter(Q(message=None) | did_not_go).exclude(Exists(refused))


class WeChatConsent(Row):
    """One "yes" of one person in the mini-programme: it pays for one message by one template, and never runs out."""

    account = models.ForeignKey(WeChatAccount, on_delete=models.CASCADE, related_name="consents")
    number = PhoneNumberField()
    openid = models.CharField(max_length=64)
    template_id = models.CharField(max_length=64)
    report = models.CharField(max_length=100, help_text="The report that told of it; it is kept once")
    given_at = models.DateTimeField(default=timezone.now)
    message = models.OneToOneField(
        Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="wechat_consent"
    )

    objects = WeChatConsentQuerySet.as_manager()

    class Meta:
        verbose_name = "WeChat consent"
        verbose_name_plural = "WeChat consents"
        constraints = [
            models.UniqueConstraint(fields=["account", "report", "openid", "template_id"], name="one_consent_a_report")
        ]
        indexes = [models.Index(fields=["number", "account", "template_id"], name="wechat_consent_by_number")]

    def __str__(self) -> str:
        return self.template_id
