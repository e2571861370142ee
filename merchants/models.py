"""Whose portal it is: the tenant, its keys, its look and its policy."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from logistics_portal.kernel.models import Row

IDEMPOTENCY_KEY_MAX = 200


class MerchantQuerySet(models.QuerySet):
    def for_staff(self, user):
        """The merchants whose rows a staff user may see: all for a superuser, else those of its memberships."""
        return self if user.is_superuser else self.filter(members__user=user)


class Merchant(Row):
    """A tenant: the consignor of every shipment it has here."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    country = models.CharField(
        max_length=2, help_text="ISO 3166-1, for example DE; the region of phone numbers without +"
    )
    language = models.CharField(max_length=10, default="en", choices=settings.LANGUAGES)
    time_zone = models.CharField(max_length=50, default="UTC", help_text="IANA name, for example Europe/Berlin")
    support_email = models.EmailField(blank=True)
    support_phone = models.CharField(max_length=20, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = MerchantQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class Logo(models.Model):
    """A merchant's logo as PNG, named by what it holds. It stays when it is replaced: mails that were sent show it."""

    digest = models.CharField(primary_key=True, max_length=32)
    content = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.digest


class Brand(models.Model):
    """How a merchant looks on its customers' pages."""

    merchant = models.OneToOneField(Merchant, on_delete=models.CASCADE, related_name="brand")
    color = models.CharField(max_length=7, default="#1f5eff", validators=[RegexValidator(r"^#[0-9a-fA-F]{6}$")])
    website = models.URLField(blank=True)
    logo = models.ForeignKey(Logo, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+")
    # Of the logo, beside it, so that no page has to read the picture.
    logo_width = models.PositiveSmallIntegerField(default=0, editable=False)
    logo_height = models.PositiveSmallIntegerField(default=0, editable=False)
    logo_ground = models.CharField(
        max_length=5, blank=True, editable=False, help_text="light or dark, where it can be seen on such a ground only"
    )

    def __str__(self) -> str:
        return f"{self.merchant}: {self.color}"

    @property
    def logo_path(self) -> str:
        """Where the logo is served, "" without one."""
        return f"/brand/{self.logo_id}.png" if self.logo_id else ""


class Policy(models.Model):
    """What a merchant allows after the sale."""

    merchant = models.OneToOneField(Merchant, on_delete=models.CASCADE, related_name="policy")

    class RefundOn(models.TextChoices):
        """What starts the refund of a return."""

        FIRST_SCAN = "first_scan", _("the carrier's first scan of the return")
        RECEIVED = "received", _("the arrival of the return")
        INSPECTED = "inspected", _("the inspection of the goods")

    class ReturnBy(models.TextChoices):
        """How goods come back."""

        CUSTOMER = "customer", _("the customer sends them and pays")
        LABEL = "label", _("a label to print")
        CODE = "code", _("a code to show at the counter")
        PICKUP = "pickup", _("we pick them up")

    return_days = models.PositiveSmallIntegerField(
        default=30, help_text="Days after delivery in which goods may be sent back; the law may give more"
    )
    return_by = models.CharField(max_length=10, choices=ReturnBy, default=ReturnBy.CUSTOMER)
    return_address = models.TextField(blank=True, help_text="Where returns are sent to, as on a label")
    send_within_days = models.PositiveSmallIntegerField(
        default=14, help_text="Days after the approval in which goods must be on their way back"
    )
    refund_on = models.CharField(max_length=10, choices=RefundOn, default=RefundOn.RECEIVED)
    auto_approve_returns = models.BooleanField(
        default=True, help_text="Approve returns that keep to the policy at once"
    )
    auto_approve_up_to = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        default=500,
        help_text="Above this value a person decides, in the order's currency",
    )
    keep_goods_up_to = models.DecimalField(
        max_digits=12,
        decimal_places=2,
        default=0,
        help_text="Up to this value a refund needs no return, in the order's currency; 0: never",
    )
    warranty_days = models.PositiveSmallIntegerField(default=730, validators=[MaxValueValidator(3650)])
    dispute_after_days = models.PositiveSmallIntegerField(default=0)
    dispute_within_days = models.PositiveSmallIntegerField(default=60, validators=[MaxValueValidator(540)])
    answer_within_days = models.PositiveSmallIntegerField(
        default=3, help_text="Days in which the merchant, or the customer who was asked, answers a dispute"
    )
    refund_lost = models.BooleanField(default=True, help_text="Pay back at once what the carrier says it lost")
    delay_days = models.PositiveSmallIntegerField(
        default=3, help_text="Days after the promise from which a compensation is proposed"
    )
    delay_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=0, help_text="Of the shipping cost; 0: no compensation"
    )
    delay_steps = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
        help_text="How often a compensation is proposed: each time after as many days again, and as much again",
    )
    first_reply_hours = models.PositiveSmallIntegerField(default=8, validators=[MinValueValidator(1)])
    resolution_hours = models.PositiveSmallIntegerField(default=72, validators=[MinValueValidator(1)])
    close_after_days = models.PositiveSmallIntegerField(
        default=7, validators=[MinValueValidator(2)], help_text="Days without an answer until a conversation is closed"
    )

    class Meta:
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return f"{self.merchant}: {self.return_days} days"


class Membership(models.Model):
    """Which staff user works for which merchant."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="members")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "merchant"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user} at {self.merchant}"


class ApiKeyQuerySet(models.QuerySet):
    def live(self):
        return self.filter(revoked_at__isnull=True, merchant__is_active=True)


class ApiKey(Row):
    """A merchant's key to the API. Only its digest is stored; the key itself is shown once."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="api_keys")
    label = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12, help_text="The key's first characters, to tell keys apart")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.label})"


class IdempotencyRecord(models.Model):
    """The answer that was given to a write, so that its repetition gets the same answer and does nothing."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=IDEMPOTENCY_KEY_MAX)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "key"], name="one_answer_a_key")]

    def __str__(self) -> str:
        return self.key
