"""``/api/v1/returns``: asked for, decided, sent, received, inspected, settled."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from inventory.models import Item
from logistics_portal.kernel.errors import Invalid
from merchants.door import MerchantViewSet
from orders.models import MONEY, Order

from .. import services
from ..models import Exchange, Inspection, Reason, Return, ReturnLine
from .filters import StatusFilter


class ReturnLineOutput(serializers.ModelSerializer):
    sku = serializers.CharField(source="order_line.sku")
    missing_quantity = serializers.IntegerField(help_text="True once everything was received")

    class Meta:
        model = ReturnLine
        fields = (
            *("id", "order_line", "sku", "quantity", "received_quantity", "resellable_quantity", "damaged_quantity"),
            *("missing_quantity", "accepted_quantity", "declined_quantity"),
        )


class ExchangeOutput(serializers.ModelSerializer):
    class Meta:
        model = Exchange
        fields = ("id", "status", "order", "reserved_at", "released_at", "canceled_at")


class ReturnOutput(serializers.ModelSerializer):
    order_number = serializers.CharField(source="order.number")
    lines = ReturnLineOutput(many=True)
    exchange = serializers.SerializerMethodField()

    class Meta:
        model = Return
        fields = (
            *("id", "number", "order", "order_number", "status", "origin", "resolution", "law", "reason", "comment"),
            *("lines", "shipment", "exchange", "requested_at", "decided_at", "decision_note", "send_by_at"),
            *("received_at", "inspected_at", "refund_due_at", "closed_at"),
        )

    @extend_schema_field(ExchangeOutput)
    def get_exchange(self, row: Return) -> dict | None:
        exchange = getattr(row, "exchange", None)
        return ExchangeOutput(exchange).data if exchange else None


class Expected(serializers.Serializer):
    """What every step may say: in which status the caller believes the return to be."""

    from_status = serializers.ChoiceField(
        choices=Return.Status.choices,
        required=False,
        help_text="Refused with 409, which names the real status, where the return is in another",
    )


class ReturnLineInput(serializers.Serializer):
    order_line = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1)
    sku = serializers.CharField(max_length=64, required=False, help_text="Of an exchange: the item that is given")
    unit_price = serializers.DecimalField(**MONEY, min_value=0, required=False, help_text="Of an exchange: its price")


class CreateReturnInput(serializers.Serializer):
    order = serializers.UUIDField()
    reason = serializers.ChoiceField(choices=Reason.choices)
    comment = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)
    resolution = serializers.ChoiceField(choices=Return.Resolution.choices, required=False, default="refund")
    lines = ReturnLineInput(many=True, allow_empty=False)


class FoundInput(serializers.Serializer):
    order_line = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1)


class UnannouncedInput(serializers.Serializer):
    order = serializers.UUIDField()
    lines = FoundInput(many=True, allow_empty=False)
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)
    carrier = serializers.CharField(max_length=30, required=False, default="", allow_blank=True)
    tracking_number = serializers.CharField(max_length=64, required=False, default="", allow_blank=True)


class NoteInput(Expected):
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class SendReturnInput(Expected):
    carrier = serializers.CharField(max_length=30)
    tracking_number = serializers.CharField(max_length=64)


class ReturnCountInput(serializers.Serializer):
    line = serializers.UUIDField(help_text="The return's line")
    resellable = serializers.IntegerField(min_value=0, required=False, default=0)
    damaged = serializers.IntegerField(min_value=0, required=False, default=0)
    missing = serializers.IntegerField(min_value=0, required=False, default=0)
    disposition = serializers.ChoiceField(
        choices=Inspection.Disposition.choices, required=False, default=Inspection.Disposition.WRITE_OFF
    )
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class ReceiveInput(Expected):
    counts = ReturnCountInput(
        many=True, required=False, help_text="What was found; left out: everything, in good state"
    )
    is_last = serializers.BooleanField(required=False, default=True, help_text="False: the rest is still to come")


class InspectInput(Expected):
    counts = ReturnCountInput(many=True, allow_empty=False)


class JudgeInput(Expected):
    accept = serializers.BooleanField()
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


def _counts(rows: list[dict]) -> dict[UUID, services.Count]:
    return {row["line"]: services.Count(**{name: row[name] for name in row if name != "line"}) for row in rows}


@extend_schema(tags=["after-sales"])
class ReturnViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    """Every step may name the status it expects; where another came first, the answer is 409 and names the real one."""

    serializer_class = ReturnOutput
    filterset_class = StatusFilter
    queryset = Return.objects.none()

    def get_queryset(self):
        rows = Return.objects.for_merchant(self.merchant).select_related("order__merchant__policy", "exchange")
        return rows.prefetch_related("lines__order_line")

    @extend_schema(request=CreateReturnInput, responses={201: ReturnOutput})
    def create(self, request: Request) -> Response:
        """Ask for a return in the customer's name. The time for returns holds; staff may go beyond it in the admin."""
        given = self.read_input(CreateReturnInput)

        def act() -> Return:
            order = self._order(given["order"])
            case = services.request_return(
                order=order,
                reason=given["reason"],
                comment=given["comment"],
                resolution=given["resolution"],
                quantities={line["order_line"]: line["quantity"] for line in given["lines"]},
                wanted=self._wanted(given["lines"]),
            )
            return self.get_queryset().get(pk=case.pk)

        return self.write_once(request, 201, act)

    def _order(self, key: UUID) -> Order:
        rows = Order.objects.for_merchant(self.merchant).select_related("merchant__policy")
        order = rows.filter(pk=key).first()
        if order is None:
            raise Invalid("There is no such order.", fields={"order": ["There is no such order."]})
        return order

    def _wanted(self, lines: list[dict]) -> dict[UUID, services.Offer]:
        asked = {line["order_line"]: line for line in lines if line.get("sku")}
        skus = {line["sku"] for line in asked.values()}
        items = {item.sku: item for item in Item.objects.for_merchant(self.merchant).filter(sku__in=skus)}
        if unknown := skus - set(items):
            told = f"There is no item {min(unknown)}."
            raise Invalid(told, fields={"lines": [told]})
        if any("unit_price" not in line for line in asked.values()):
            raise Invalid("Say what the item costs.", fields={"lines": ["unit_price is needed with sku."]})
        return {
            key: services.Offer(items[line["sku"]], line["unit_price"], is_variant=False) for key, line in asked.items()
        }

    @extend_schema(request=NoteInput, responses=ReturnOutput)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        return self._step(
            request, NoteInput, lambda row, given: services.approve_return(return_case=row, by=None, **given)
        )

    @extend_schema(request=NoteInput, responses=ReturnOutput)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Decline; the note is told to the customer. A withdrawal under the law can't be declined."""
        return self._step(
            request, NoteInput, lambda row, given: services.reject_return(return_case=row, by=None, **given)
        )

    @extend_schema(request=NoteInput, responses=ReturnOutput)
    @action(detail=True, methods=["post"])
    def keep(self, request: Request, pk: str) -> Response:
        """The goods need not come back: the customer keeps them, and the refund starts."""
        return self._step(
            request, NoteInput, lambda row, given: services.keep_return(return_case=row, by=None, **given)
        )

    @extend_schema(request=Expected, responses=ReturnOutput)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        return self._step(request, Expected, lambda row, given: services.cancel_return(return_case=row))

    @extend_schema(request=Expected, responses=ReturnOutput)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Open a return again that was declined, called off or expired."""
        return self._step(request, Expected, lambda row, given: services.reopen_return(return_case=row, by=None))

    @extend_schema(request=SendReturnInput, responses=ReturnOutput)
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str) -> Response:
        """Give the return its parcel: the carrier and tracking number of the label."""
        return self._step(request, SendReturnInput, lambda row, given: services.send_return(return_case=row, **given))

    @extend_schema(request=ReceiveInput, responses=ReturnOutput)
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> Response:
        """The goods are back at the warehouse and were looked at; what was accepted is paid."""

        def receive(row: Return, given: dict) -> None:
            counts = _counts(given["counts"]) if "counts" in given else None
            services.receive_return(return_case=row, counts=counts, is_last=given["is_last"])

        return self._step(request, ReceiveInput, receive)

    @extend_schema(request=InspectInput, responses=ReturnOutput)
    @action(detail=True, methods=["post"])
    def inspect(self, request: Request, pk: str) -> Response:
        """Somebody looked at goods whose arrival the carrier had told."""
        return self._step(
            request,
            InspectInput,
            lambda row, given: services.inspect_return(return_case=row, counts=_counts(given["counts"])),
        )

    @extend_schema(request=JudgeInput, responses=ReturnOutput)
    @action(detail=True, methods=["post"])
    def judge(self, request: Request, pk: str) -> Response:
        """Pay for goods that no rule accepted, or don't."""
        return self._step(request, JudgeInput, lambda row, given: services.judge_goods(return_case=row, **given))

    def _step(
        self, request: Request, reads: type[serializers.Serializer], do: Callable[[Return, dict], Any]
    ) -> Response:
        row, given = self.get_object(), dict(self.read_input(reads))
        from_status = given.pop("from_status", "")

        def act() -> Return:
            services.expect_status(row, from_status)
            do(row, given)
            return self.get_queryset().get(pk=row.pk)

        return self.write_once(request, 200, act)


@extend_schema(tags=["after-sales"])
class UnannouncedReturnViewSet(MerchantViewSet):
    """Goods that came back though nobody had announced them."""

    serializer_class = ReturnOutput
    queryset = Return.objects.none()

    @extend_schema(request=UnannouncedInput, responses={201: ReturnOutput})
    def create(self, request: Request) -> Response:
        """Note goods that lie at the warehouse: received without a refund; `inspect` and `judge` follow."""
        given = self.read_input(UnannouncedInput)

        def act() -> Return:
            order = Order.objects.for_merchant(self.merchant).filter(pk=given["order"]).first()
            if order is None:
                raise Invalid("There is no such order.", fields={"order": ["There is no such order."]})
            return services.receive_unannounced(
                order=order,
                pieces={line["order_line"]: line["quantity"] for line in given["lines"]},
                **{name: given[name] for name in ("note", "carrier", "tracking_number")},
            )

        return self.write_once(request, 201, act)
