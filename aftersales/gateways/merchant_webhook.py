"""The merchant's own system pays: it hears ``aftersales.refund_requested`` by webhook and tells by API what came."""

from django.utils.translation import gettext_noop

from . import base


class Gateway(base.Gateway):
    label = gettext_noop("Merchant's system")
    way = base.Way.EVENT
