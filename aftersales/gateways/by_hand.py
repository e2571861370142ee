"""A person pays with the tools of the payment provider, and notes its reference."""

from django.utils.translation import gettext_noop

from . import base


class Gateway(base.Gateway):
    label = gettext_noop("By hand")
    way = base.Way.HAND
