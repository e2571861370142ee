"""Fields of staff's forms for channels: several in an order, and any number of them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from .services import CHANNELS


def channel_label(code: str) -> str:
    """What people call a channel."""
    channel = CHANNELS.get(code)
    return _(channel.label) if channel and channel.label else code


def channel_choices() -> list[tuple[str, str]]:
    """Every channel, as a form offers it."""
    return [(code, channel_label(code)) for code in CHANNELS]


def _or_none() -> list[tuple[str, str]]:
    return [("", "–"), *channel_choices()]


def _codes(value: Any) -> list[str]:
    """What a field is given: a row's list, or the words of an address (``sms,email``)."""
    return value.split(",") if isinstance(value, str) else list(value or ())


class _InOrder(forms.MultiWidget):
    """A choice for the first, one for the second, and so on."""

    def __init__(self) -> None:
        names = [format_lazy("{} {}", gettext_lazy("Channel"), place) for place in range(1, len(CHANNELS) + 1)]
        super().__init__(
            [UnfoldAdminSelectWidget({"aria-label": name, "class": "in-order"}, choices=_or_none) for name in names]
        )

    def decompress(self, value: Any) -> list[str]:
        return [*_codes(value), *[""] * len(CHANNELS)][: len(CHANNELS)]


class ChannelsInOrderField(forms.MultiValueField):
    """Channels in the order in which they are tried; one that is chosen twice counts where it stands first."""

    def __init__(self, **more: Any) -> None:
        places = [forms.ChoiceField(choices=_or_none, required=False) for _place in CHANNELS]
        super().__init__(places, require_all_fields=False, required=False, widget=_InOrder, **more)

    def compress(self, data_list: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(filter(None, data_list)))


class ChannelsField(forms.MultipleChoiceField):
    """Any number of channels."""

    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def __init__(self, **more: Any) -> None:
        super().__init__(choices=channel_choices, required=False, **more)

    def prepare_value(self, value: Any) -> list[str]:
        return _codes(value)
