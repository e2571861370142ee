"""A person pays with the tools of the payment provider, and notes its reference."""

from . import base


class Gateway(base.Gateway):
    label = "By hand"
    way = base.Way.HAND
