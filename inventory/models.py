"""What there is: items, where they lie, and who has a claim on them."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from logistics_portal.kernel.models import Row
from merchants.models import Merchant


class ItemQuerySet(models.QuerySet):
    def for_merchant(self, merchant):
        return self.filter(merchant=merchant)


class Item(Row):
    """Something a merchant sells."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="items")
    sku = models.CharField("SKU", max_length=64)
    gtin = models.CharField("GTIN", max_length=14, blank=True)
    name = models.CharField(max_length=200)
    weight_g = models.PositiveIntegerField(null=True, blank=True)
    is_stock_kept = models.BooleanField(default=False, help_text="Whether orders reserve stock of this item here")
    is_returnable = models.BooleanField(default=True)
    low_stock_at = models.PositiveIntegerField(default=0, help_text="Tell staff when fewer than this are free")
    created_at = models.DateTimeField(default=timezone.now)

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "sku"], name="one_item_a_sku")]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"


class Location(Row):
    """A warehouse, dock or locker of a merchant."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="locations")
    code = models.CharField(max_length=30)
    name = models.CharField(max_length=120)
    gln = models.CharField("GLN", max_length=13, blank=True)
    line1 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "code"], name="one_location_a_code")]

    def __str__(self) -> str:
        return self.name


class StockLevelQuerySet(models.QuerySet):
    def for_merchant(self, merchant):
        return self.filter(item__merchant=merchant)


class StockLevel(models.Model):
    """How many of an item lie at a location, and how many of these are promised."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="stock_levels")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="stock_levels")
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)

    objects = StockLevelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "location"], name="one_level_a_place"),
            models.CheckConstraint(condition=Q(reserved__lte=F("on_hand")), name="reserved_within_on_hand"),
        ]

    def __str__(self) -> str:
        return f"{self.item} at {self.location}"


class StockMovement(Row):
    """One change of what lies at a location; only ever added."""

    class Kind(models.TextChoices):
        COUNTED = "counted"
        RECEIVED = "received"
        SHIPPED = "shipped"
        RETURNED = "returned"
        WRITTEN_OFF = "written_off"

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="movements")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=20, choices=Kind)
    quantity = models.IntegerField(help_text="Positive in, negative out")
    reference = models.UUIDField(null=True, blank=True, help_text="The order line, return line or count behind it")
    moved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(quantity=0), name="movement_moves")]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity:+d} {self.item}"


class Reservation(Row):
    """Stock promised to an order line until it ships or is released; what is short is waited for."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="reservations")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="reservations", null=True)
    reference = models.UUIDField(unique=True, help_text="The order line")
    quantity = models.PositiveIntegerField()
    short = models.PositiveIntegerField(default=0, help_text="Ordered, but not there")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0) | Q(short__gt=0), name="reservation_holds")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.item}"
