"""Phone numbers for merchants: checked as they are typed, and proved at the checkout."""

from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from merchants.door import MerchantViewSet

from . import services
from .models import NumberChange, PhoneVerification
from .numbers import KINDS, WRITTEN_MAX, NumberCheck, Problem, Slip, check_number

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="A repetition with the same key gets the same answer."
)
_REGION = r"^[A-Z]{2}$"


class VerificationInput(serializers.Serializer):
    """A number to prove at the checkout."""

    phone = serializers.CharField(max_length=WRITTEN_MAX, help_text="E.164 or as written in the merchant's country")
    language = serializers.ChoiceField([code for code, _name in settings.LANGUAGES], required=False)
    shopper_ip = serializers.IPAddressField(
        required=False, default="", help_text="The shopper's address, so that one can't spend every number's codes"
    )


class VerificationOutput(serializers.ModelSerializer):
    phone = serializers.CharField(source="number")

    class Meta:
        model = PhoneVerification
        fields = ("id", "phone", "sent_at", "expires_at")


class CodeInput(serializers.Serializer):
    code = serializers.RegexField(r"^[0-9]{6}$", help_text="The six digits of the SMS")
    shopper_ip = serializers.IPAddressField(required=False, default="")


class ProofOutput(serializers.ModelSerializer):
    phone = serializers.CharField(source="number")
    verified_at = serializers.DateTimeField(source="used_at")

    class Meta:
        model = PhoneVerification
        fields = ("id", "phone", "verified_at")


@extend_schema(tags=["phone numbers"])
class PhoneVerificationViewSet(MerchantViewSet):
    """Codes by SMS. Nothing that is answered tells whether the number is known."""

    serializer_class = VerificationOutput
    queryset = PhoneVerification.objects.none()

    @extend_schema(request=VerificationInput, responses={202: VerificationOutput}, parameters=[IDEMPOTENCY])
    def create(self, request: Request) -> Response:
        """Send a code to a number: once a minute, five times an hour and ten times a day at most."""
        given = self.read_input(VerificationInput)
        number = services.parse_phone(given["phone"], region=self.merchant.country)
        return self.write_once(
            request,
            202,
            lambda: services.request_verification(
                number=number,
                purpose=PhoneVerification.Purpose.CHECKOUT,
                language=given.get("language", self.merchant.language),
                caller=given["shopper_ip"],
                merchant=self.merchant,
            ),
        )

    @extend_schema(request=CodeInput, responses=ProofOutput)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Prove the number with the code: five tries. The same request may be repeated without a key."""
        given = self.read_input(CodeInput)
        proved = services.confirm_checkout(
            merchant=self.merchant, verification_id=UUID(pk), code=given["code"], caller=given["shopper_ip"]
        )
        return Response(ProofOutput(proved).data)


class ChangeInput(serializers.Serializer):
    """A number that gives way to another; each gets a code."""

    old = serializers.CharField(max_length=WRITTEN_MAX)
    new = serializers.CharField(max_length=WRITTEN_MAX)
    language = serializers.ChoiceField([code for code, _name in settings.LANGUAGES], required=False)
    shopper_ip = serializers.IPAddressField(required=False, default="")


class ChangeOutput(serializers.ModelSerializer):
    old = serializers.CharField()
    new = serializers.CharField()

    class Meta:
        model = NumberChange
        fields = ("id", "old", "new", "asked_at", "old_proved_at", "new_proved_at", "done_at", "undone_at")


class BothCodesInput(serializers.Serializer):
    old_code = serializers.RegexField(r"^[0-9]{6}$", help_text="From the SMS to the old number")
    new_code = serializers.RegexField(r"^[0-9]{6}$", help_text="From the SMS to the new number")
    shopper_ip = serializers.IPAddressField(required=False, default="")


@extend_schema(tags=["phone numbers"])
class NumberChangeViewSet(MerchantViewSet):
    """A customer's change of number in this merchant's books; open orders follow."""

    serializer_class = ChangeOutput
    queryset = NumberChange.objects.none()

    @extend_schema(request=ChangeInput, responses={202: ChangeOutput}, parameters=[IDEMPOTENCY])
    def create(self, request: Request) -> Response:
        """Send a code to the old and one to the new number. The answer is the same for numbers that nobody knows."""
        given = self.read_input(ChangeInput)
        old, new = (services.parse_phone(given[end], region=self.merchant.country) for end in ("old", "new"))
        return self.write_once(
            request,
            202,
            lambda: services.request_number_change(
                old=old,
                new=new,
                language=given.get("language", self.merchant.language),
                caller=given["shopper_ip"],
                merchant=self.merchant,
            ),
        )

    @extend_schema(request=BothCodesInput, responses=ChangeOutput)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Change the number with both codes. What was proved stays proved for half an hour."""
        given = self.read_input(BothCodesInput)
        change = services.open_number_change(change_id=UUID(pk), merchant=self.merchant)
        done = services.confirm_number_change(
            change=change, old_code=given["old_code"], new_code=given["new_code"], caller=given["shopper_ip"]
        )
        return Response(ChangeOutput(done).data)


class CheckInput(serializers.Serializer):
    number = serializers.CharField(max_length=WRITTEN_MAX, trim_whitespace=True)
    region = serializers.RegexField(_REGION, required=False, help_text="ISO 3166-1; the merchant's country if left out")


class SuggestionOutput(serializers.Serializer):
    phone = serializers.CharField(source="number.as_e164", help_text="E.164")
    international = serializers.CharField(source="number.as_international")
    slip = serializers.ChoiceField([slip.value for slip in Slip], help_text="What went wrong when it was written")


class CheckOutput(serializers.Serializer):
    """What a written number is. It says nothing of whether anybody here has it."""

    possible = serializers.BooleanField(source="is_possible")
    valid = serializers.BooleanField(source="is_valid")
    may_get_sms = serializers.BooleanField()
    type = serializers.ChoiceField(KINDS, source="kind")
    region = serializers.CharField(help_text='ISO 3166-1, or "" where several countries share the code')
    phone = serializers.SerializerMethodField(help_text='E.164, or "" where it is not valid')
    problem = serializers.ChoiceField([problem.value for problem in Problem], allow_null=True)
    detail = serializers.SerializerMethodField(help_text="The problem in a sentence")
    did_you_mean = SuggestionOutput(source="suggestions", many=True)

    def get_phone(self, check: NumberCheck) -> str:
        return check.number.as_e164 if check.number is not None and check.is_valid else ""

    def get_detail(self, check: NumberCheck) -> str:
        return services.phone_problem(check)


@extend_schema(tags=["phone numbers"])
class PhoneCheckViewSet(MerchantViewSet):
    serializer_class = CheckOutput
    queryset = PhoneVerification.objects.none()
    pagination_class = None
    filter_backends = ()

    @extend_schema(parameters=[CheckInput], responses=CheckOutput)
    def list(self, request: Request) -> Response:
        """Check a number as it was typed: what it is, what is wrong with it, and what may have been meant."""
        serializer = CheckInput(data=request.query_params)
        serializer.is_valid(raise_exception=True)
        given: dict[str, Any] = serializer.validated_data
        home = self.merchant.country
        return Response(
            CheckOutput(check_number(given["number"], region=given.get("region", home), likely=[home])).data
        )


def register(router: SimpleRouter) -> None:
    router.register("phone-verifications", PhoneVerificationViewSet, basename="phone-verification")
    router.register("number-changes", NumberChangeViewSet, basename="number-change")
    router.register("phone-check", PhoneCheckViewSet, basename="phone-check")
