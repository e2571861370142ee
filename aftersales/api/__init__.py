"""After-sales for merchants: ``/api/v1/returns``, ``/api/v1/refunds``, ``/api/v1/disputes``, …"""

from rest_framework.routers import SimpleRouter

from .conversations import ConversationViewSet
from .disputes import DisputeViewSet
from .refunds import RefundViewSet
from .returns import ReturnViewSet


def register(router: SimpleRouter) -> None:
    router.register("returns", ReturnViewSet, basename="return")
    router.register("refunds", RefundViewSet, basename="refund")
    router.register("disputes", DisputeViewSet, basename="dispute")
    router.register("conversations", ConversationViewSet, basename="conversation")
