"""After-sales for merchants: ``/api/v1/returns``, ``/api/v1/refunds``, ``/api/v1/disputes``, …"""

from rest_framework.routers import SimpleRouter

from .conversations import ConversationViewSet
from .disputes import DisputeViewSet
from .refunds import PaymentViewSet, RefundViewSet
from .returns import ReturnViewSet, UnannouncedReturnViewSet


def register(router: SimpleRouter) -> None:
    router.register("returns", ReturnViewSet, basename="return")
    router.register("unannounced-returns", UnannouncedReturnViewSet, basename="unannounced-return")
    router.register("payments", PaymentViewSet, basename="payment")
    router.register("refunds", RefundViewSet, basename="refund")
    router.register("disputes", DisputeViewSet, basename="dispute")
    router.register("conversations", ConversationViewSet, basename="conversation")
