"""Forms of people's own messages."""

from typing import Any

from django import forms

from . import groups
from .wishes_page import channel_labels


class WishesForm(forms.Form):
    """Which groups of messages may come over which channels.

    ``shown`` names the channels that the page had: of another one nothing was said. ``wanted`` holds the switches that
    are on, each as "channel:group".
    """

    shown = forms.MultipleChoiceField()
    wanted = forms.MultipleChoiceField(required=False)
    first = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channels = list(channel_labels().items())
        pairs = [(f"{channel}:{group}", "") for channel, _label in channels for group in groups.BY_CODE]
        self.fields["shown"].choices = channels  # type: ignore[attr-defined]
        self.fields["wanted"].choices = pairs  # type: ignore[attr-defined]
        self.fields["first"].choices = [("", ""), *channels]  # type: ignore[attr-defined]

    def wishes(self) -> dict[str, set[str]]:
        """By channel the groups that are wanted over it."""
        pairs = [pair.split(":") for pair in self.cleaned_data["wanted"]]
        return {channel: {group for code, group in pairs if code == channel} for channel in self.cleaned_data["shown"]}

    def first_choice(self) -> str | None:
        """The channel to try first, "" for none, None where the page did not ask."""
        return self.cleaned_data["first"] if "first" in self.data else None
