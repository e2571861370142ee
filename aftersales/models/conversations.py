"""What customers and merchants say to each other about an order, and by when somebody answers."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Customer
from logistics_portal.kernel import tokens
from logistics_portal.kernel.models import Row, Work
from merchants.models import Merchant
from orders.models import Order

REPLY_MARK = "conversation-reply"  # what the marks of reply addresses are made for


class ConversationQuerySet(models.QuerySet):
    def for_merchant(self, merchant):
        return self.filter(merchant=merchant)

    def waiting_for_staff(self):
        return self.filter(status=Conversation.Status.OPEN)

    def most_urgent_first(self):
        """By the clock that runs out first; conversations without one come last."""
        return self.order_by(F("next_due_at").asc(nulls_last=True), "-last_note_at", "-pk")


class Conversation(Row):
    """What a customer and a merchant say to each other, mostly about one order."""

    class Status(models.TextChoices):
        OPEN = "open", pgettext_lazy("conversation", "Waits for an answer")  # the merchant's turn
        WAITING = "waiting_for_customer", _("Waits for the customer")  # the customer's turn
        SOLVED = "solved", _("Solved")  # nobody's turn
        CLOSED = "closed", pgettext_lazy("conversation", "Closed")  # nobody's turn

    class Rating(models.TextChoices):
        GOOD = "good", pgettext_lazy("rating", "Good")
        BAD = "bad", pgettext_lazy("rating", "Bad")

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="conversations")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="conversations")
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.PROTECT, related_name="conversations")
    subject = models.CharField(max_length=200)
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    language = models.CharField(max_length=10, default="en", help_text="In which the customer is answered")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    opened_at = models.DateTimeField(default=timezone.now)
    last_note_at = models.DateTimeField(default=timezone.now)
    first_replied_at = models.DateTimeField(null=True, blank=True)
    reply_due_at = models.DateTimeField(
        null=True, blank=True, help_text="By when the customer is to be answered; empty while nobody waits for that"
    )
    resolution_due_at = models.DateTimeField(
        null=True, blank=True, help_text="By when it is to be solved; empty while the customer is asked"
    )
    resolution_left = models.DurationField(
        null=True, blank=True, help_text="What is left of that time while the customer is asked"
    )
    reply_missed_at = models.DateTimeField(null=True, blank=True, help_text="When the answer was first too late")
    resolution_missed_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    next_due_at = models.DateTimeField(
        null=True, blank=True, help_text="The clock that runs out first; empty when it is not the merchant's turn"
    )
    asked_at = models.DateTimeField(null=True, blank=True, help_text="Since when the customer is asked")
    reminded = models.PositiveSmallIntegerField(default=0, help_text="Reminders since the customer was asked")
    solved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    rating = models.CharField(max_length=4, choices=Rating, blank=True)
    rating_comment = models.TextField(blank=True)
    rated_at = models.DateTimeField(null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order"], condition=~Q(status="closed"), name="one_conversation_an_order"),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(order__isnull=True) & ~Q(status="closed"),
                name="one_conversation_without_order",
            ),
            models.CheckConstraint(
                condition=Q(rating="", rated_at__isnull=True) | (~Q(rating="") & Q(rated_at__isnull=False)),
                name="rating_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "status", "next_due_at"], name="conversation_by_urgency"),
            models.Index(fields=["assignee", "status"], name="conversation_by_assignee"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def token(self) -> str:
        """What replies by email are addressed to."""
        return tokens.make_token(REPLY_MARK, self.pk)


CONVERSATION_TRANSITIONS: dict[str, frozenset[str]] = {
    Conversation.Status.OPEN: frozenset({Conversation.Status.WAITING, Conversation.Status.SOLVED}),
    Conversation.Status.WAITING: frozenset(
        {Conversation.Status.OPEN, Conversation.Status.SOLVED, Conversation.Status.CLOSED}
    ),
    Conversation.Status.SOLVED: frozenset({Conversation.Status.OPEN, Conversation.Status.CLOSED}),
    Conversation.Status.CLOSED: frozenset({Conversation.Status.OPEN}),  # by a new message within 14 days
}


class ReplyClock(Work):
    """When a conversation must be looked at again: a clock runs out, a reminder is due, or it closes by itself."""

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="clock")

    def __str__(self) -> str:
        return f"clock of {self.conversation_id}"


class Note(Row):
    """What one side said, or what staff noted for themselves. Only ever added."""

    class Author(models.TextChoices):
        CUSTOMER = "customer", pgettext_lazy("author", "Customer")
        STAFF = "staff", pgettext_lazy("author", "Staff")
        MERCHANT = "merchant", pgettext_lazy("author", "Merchant's program")
        RULE = "rule", pgettext_lazy("author", "Portal")

    class Channel(models.TextChoices):
        PAGE = "page", pgettext_lazy("channel", "Order page")
        EMAIL = "email", pgettext_lazy("channel", "Email")
        SMS = "sms", pgettext_lazy("channel", "SMS")
        ADMIN = "admin", pgettext_lazy("channel", "Staff pages")
        API = "api", pgettext_lazy("channel", "API")

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="notes")
    author = models.CharField(max_length=10, choices=Author)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        help_text="The member of staff; the note stays when they are gone",
    )
    by_name = models.CharField(max_length=150, blank=True, help_text="How they were called then")
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254, blank=True, help_text="From which the customer wrote, if not the page")
    text = models.TextField(blank=True)
    is_internal = models.BooleanField(default=False, help_text="For staff alone")
    provider_id = models.CharField(
        max_length=255, null=True, blank=True, help_text="Of what it came in by; one is taken once"
    )
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "provider_id"], name="one_note_a_message"),
            models.CheckConstraint(
                condition=Q(is_internal=False) | ~Q(author="customer"), name="customers_note_is_shown"
            ),
        ]
        indexes = [models.Index(fields=["conversation", "id"], name="note_by_conversation")]

    def __str__(self) -> str:
        return f"{self.author} {self.written_at:%Y-%m-%d %H:%M}"


class Attachment(Row):
    """A photo or PDF that came with a note: photos are made anew, without what a camera writes beside them."""

    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="attachments")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField(help_text="In bytes")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content")
    content = models.BinaryField()

    def __str__(self) -> str:
        return self.name

    @property
    def is_photo(self) -> bool:
        return self.media_type.startswith("image/")


class Macro(Row):
    """A text that a merchant's staff send often; names in braces become words of the order."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="macros")
    name = models.CharField(max_length=80)
    language = models.CharField(
        max_length=10, blank=True, choices=settings.LANGUAGES, help_text="Empty: for every language"
    )
    text = models.TextField(help_text="May hold {customer}, {order}, {status}, {arrival}, {link} and {merchant}")
    is_active = models.BooleanField(default=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "name", "language"], name="one_macro_a_name")]

    def __str__(self) -> str:
        return self.name
