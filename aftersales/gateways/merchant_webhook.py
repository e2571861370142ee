"""The merchant's own system pays: it hears ``aftersales.refund_requested`` by webhook and tells by API what came."""

from . import base


class Gateway(base.Gateway):
    label = "Merchant's system"
    way = base.Way.EVENT
