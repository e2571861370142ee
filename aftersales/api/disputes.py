"""``/api/v1/disputes``."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from merchants.door import MerchantViewSet
from orders.models import Order

from .. import services
from ..exports.paypal import paypal_evidence
from ..exports.stripe import stripe_evidence
from ..models import Dispute, DisputeLine, DisputeStep, Evidence, Resolution
from .filters import StatusFilter

AS_TOLD = OpenApiResponse(OpenApiTypes.OBJECT, description="Fields and texts, and names of files in the ZIP")


class DisputeLineOutput(serializers.ModelSerializer):
    sku = serializers.CharField(source="order_line.sku")

    class Meta:
        model = DisputeLine
        fields = ("order_line", "sku", "quantity")


class DisputeStepOutput(serializers.ModelSerializer):
    class Meta:
        model = DisputeStep
        fields = ("kind", "party", "text", "resolution", "amount", "at")


class ReplacementOutput(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ("id", "number", "status")


class DisputeOutput(serializers.ModelSerializer):
    order_number = serializers.CharField(source="order.number")
    turn = serializers.CharField(help_text="Who must act: merchant, customer or nobody")
    lines = DisputeLineOutput(many=True)
    steps = DisputeStepOutput(many=True)
    replacement = ReplacementOutput(allow_null=True, help_text="The order of the goods that were granted")

    class Meta:
        model = Dispute
        fields = (
            *("id", "order", "order_number", "shipment", "kind", "status", "turn", "answer_by", "statement", "wish"),
            *("lines", "opened_at", "escalated_at", "reopened_at", "decided_at", "decision_note", "resolution"),
            *("awarded", "replacement", "steps"),
        )


class EvidenceOutput(serializers.ModelSerializer):
    class Meta:
        model = Evidence
        fields = ("id", "kind", "occasion", "collected_at", "digest", "content")


class DecideInput(serializers.Serializer):
    accept = serializers.BooleanField()
    note = serializers.CharField(max_length=4000, help_text="Told to the customer")
    resolution = serializers.ChoiceField(Resolution.choices, required=False, default="")
    amount = serializers.DecimalField(
        max_digits=12, decimal_places=2, required=False, allow_null=True, default=None, help_text="Of a part, in money"
    )


class QuestionInput(serializers.Serializer):
    question = serializers.CharField(max_length=4000)


class OfferInput(serializers.Serializer):
    resolution = serializers.ChoiceField(Resolution.choices)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2, required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")


class AsItIs(BaseRenderer):
    """Lets a caller ask for a PDF or a ZIP; what is answered was made before."""

    media_type = "*/*"
    format = "file"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        return JSONRenderer().render(data, accepted_media_type, renderer_context)


@extend_schema(tags=["after-sales"])
class DisputeViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    serializer_class = DisputeOutput
    filterset_class = StatusFilter
    queryset = Dispute.objects.none()

    def get_queryset(self):
        rows = Dispute.objects.for_merchant(self.merchant)
        return rows.select_related("order", "merchant__policy", "replacement").prefetch_related(
            "lines__order_line", "steps"
        )

    @extend_schema(request=DecideInput, responses=DisputeOutput)
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, pk: str) -> Response:
        """Settle it: for the customer, wholly or in part, or decline it; the customer is told why."""
        return self._do(request, DecideInput, services.decide_dispute)

    @extend_schema(request=QuestionInput, responses=DisputeOutput)
    @action(detail=True, methods=["post"])
    def ask(self, request: Request, pk: str) -> Response:
        """Ask the customer for more; it is the customer's turn."""
        return self._do(request, QuestionInput, services.ask_customer)

    @extend_schema(request=OfferInput, responses=DisputeOutput)
    @action(detail=True, methods=["post"])
    def offer(self, request: Request, pk: str) -> Response:
        """Offer a way to settle it; it is the customer's turn."""
        return self._do(request, OfferInput, services.make_offer)

    def _do(self, request: Request, reads: type[serializers.Serializer], act: Any) -> Response:
        row, given = self.get_object(), self.read_input(reads)

        def done() -> Dispute:
            act(dispute=row, by=None, **given)
            return self.get_queryset().get(pk=row.pk)

        return self.write_once(request, 200, done)

    @extend_schema(responses=EvidenceOutput(many=True), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def evidence(self, request: Request, pk: str) -> Response:
        """What was kept, oldest first; the digest is the SHA-256 of the content as JSON, keys sorted, no spaces."""
        return Response(EvidenceOutput(self.get_object().evidence.order_by("pk"), many=True).data)

    @extend_schema(responses=AS_TOLD)
    @action(detail=True, methods=["get"], url_path="exports/stripe")
    def stripe(self, request: Request, pk: str) -> Response:
        """The case in Stripe's fields for dispute evidence."""
        return Response(stripe_evidence(services.case_file(self.get_object())))

    @extend_schema(responses=AS_TOLD)
    @action(detail=True, methods=["get"], url_path="exports/paypal")
    def paypal(self, request: Request, pk: str) -> Response:
        """The case in PayPal's types of evidence."""
        return Response(paypal_evidence(services.case_file(self.get_object())))

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], url_path="exports/pdf", renderer_classes=[AsItIs])
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The case to read and to print."""
        return HttpResponse(services.case_pdf(self.get_object()), content_type="application/pdf")

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"], url_path="exports/zip", renderer_classes=[AsItIs])
    def zip(self, request: Request, pk: str) -> HttpResponse:
        """The case with every file's digest, and a script that checks them; the seal comes as `Evidence-Seal`."""
        archive = services.case_archive(self.get_object())
        headers = {"Evidence-Seal": archive.seal}
        return HttpResponse(archive.content, content_type="application/zip", headers=headers)
