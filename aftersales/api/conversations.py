"""``/api/v1/conversations``."""

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from merchants.door import MerchantViewSet

from .. import services
from ..models import Attachment, Conversation, Note
from ..services.conversations import TEXT_MAX
from .filters import StatusFilter

Status = Conversation.Status


class AttachmentOutput(serializers.ModelSerializer):
    class Meta:
        model = Attachment
        fields = ("id", "name", "media_type", "size", "digest")


class NoteOutput(serializers.ModelSerializer):
    attachments = AttachmentOutput(many=True)

    class Meta:
        model = Note
        fields = ("id", "author", "by_name", "channel", "text", "is_internal", "written_at", "attachments")


class ConversationOutput(serializers.ModelSerializer):
    """``order`` is empty where it is not known what the customer writes about."""

    order_number = serializers.CharField(source="order.number", default="", read_only=True)
    notes = NoteOutput(many=True)

    class Meta:
        model = Conversation
        fields = (
            *("id", "order", "order_number", "subject", "status", "language", "opened_at", "last_note_at"),
            *("first_replied_at", "reply_due_at", "resolution_due_at", "reply_missed_at", "resolution_missed_at"),
            *("solved_at", "closed_at", "rating", "rating_comment", "notes"),
        )


class ReplyInput(serializers.Serializer):
    text = serializers.CharField(max_length=TEXT_MAX)
    then = serializers.ChoiceField(
        [Status.WAITING, Status.OPEN, Status.SOLVED],
        default=Status.WAITING,
        help_text="Whose turn it is afterwards: waiting_for_customer, open (you write again) or solved",
    )
    seen = serializers.UUIDField(
        required=False,
        default=None,
        allow_null=True,
        help_text="The last note you read; refused after a later one",
    )


class ConversationNoteInput(serializers.Serializer):
    text = serializers.CharField(max_length=TEXT_MAX)


@extend_schema(tags=["support"])
class ConversationViewSet(ListModelMixin, RetrieveModelMixin, MerchantViewSet):
    serializer_class = ConversationOutput
    filterset_class = StatusFilter
    queryset = Conversation.objects.none()

    def get_queryset(self):
        files = Prefetch("attachments", Attachment.objects.defer("content").order_by("pk"))
        notes = Prefetch("notes", Note.objects.prefetch_related(files).order_by("pk"))
        return Conversation.objects.for_merchant(self.merchant).select_related("order").prefetch_related(notes)

    @extend_schema(request=ReplyInput, responses=ConversationOutput)
    @action(detail=True, methods=["post"])
    def reply(self, request: Request, pk: str) -> Response:
        """Answer the customer, who is told of it on the page and by message."""
        row, given = self.get_object(), self.read_input(ReplyInput)

        def act() -> Conversation:
            services.reply(conversation=row, writer=services.Writer(), **given)
            return self.get_queryset().get(pk=row.pk)

        return self.write_once(request, 200, act)

    @extend_schema(request=ConversationNoteInput, responses=ConversationOutput)
    @action(detail=True, methods=["post"])
    def note(self, request: Request, pk: str) -> Response:
        """Note something for staff; the customer never sees it."""
        row, given = self.get_object(), self.read_input(ConversationNoteInput)

        def act() -> Conversation:
            services.note_internally(conversation=row, writer=services.Writer(), **given)
            return self.get_queryset().get(pk=row.pk)

        return self.write_once(request, 200, act)

    @extend_schema(request=None, responses=ConversationOutput)
    @action(detail=True, methods=["post"])
    def solve(self, request: Request, pk: str) -> Response:
        """It is settled; the customer is asked how the help was."""
        row = self.get_object()

        def act() -> Conversation:
            services.solve_conversation(conversation=row)
            return self.get_queryset().get(pk=row.pk)

        return self.write_once(request, 200, act)
