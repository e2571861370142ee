"""Words of messages in the admin: which are the merchant's own, an editor with a preview that counts, and a test."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.views import UnfoldSiteViewMixin
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from logistics_portal.kernel.errors import DomainError
from merchants.models import Merchant

from . import kinds, lengths, own_words, services, words
from .models import MessagePolicy, Wording
from .own_words import Own
from .variables import VARIABLES, sample_facts

CHANGE, VIEW = "notifications.change_wording", "notifications.view_wording"
CHANNEL_NAMES = {"sms": gettext_lazy("SMS"), "email": gettext_lazy("Email"), "push": gettext_lazy("Push")}


class WordingForm(forms.Form):
    subject = forms.CharField(
        label=gettext_lazy("Subject"),
        required=False,
        max_length=own_words.SUBJECT_MAX,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        max_length=own_words.TEXT_MAX,
        widget=UnfoldAdminTextareaWidget({"rows": 9, "spellcheck": "true"}),
    )

    @property
    def own(self) -> Own:
        """The words as they were typed, right or wrong."""
        return Own((self["text"].value() or "").replace("\r\n", "\n"), self["subject"].value() or "")


class WordsView(UnfoldSiteViewMixin, TemplateView):
    """Every message of a merchant in every channel and language; what it wrote itself is marked."""

    title = gettext_lazy("Words of messages")
    permission_required = (VIEW,)
    template_name = "admin/words.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        seen = _merchants(self.request)
        merchant = _chosen(self.request, seen)
        places = ("kind", "channel", "language")
        own = set(Wording.objects.filter(merchant=merchant).values_list(*places)) if merchant else set()
        return super().get_context_data(**kwargs) | {
            "merchants": seen,
            "merchant": merchant,
            "channels": CHANNEL_NAMES.values(),
            "rows": [_row(kind, own) for kind in kinds.KINDS.values() if kind.code not in own_words.FIXED],
        }


def _row(kind: kinds.Kind, own: set[tuple[str, str, str]]) -> dict[str, Any]:
    """A kind with its channels, each with its languages and whether the merchant wrote that one itself."""

    def cells(channel: str) -> list[tuple[str, str, bool]]:
        if not own_words.shipped_words(kind.code, channel, words.DEFAULT_LANGUAGE).text:
            return []
        return [(code, str(name), (kind.code, channel, code) in own) for code, name in settings.LANGUAGES]

    return {"kind": kind, "places": [(code, name, cells(code)) for code, name in CHANNEL_NAMES.items()]}


def _merchants(request: HttpRequest) -> list[Merchant]:
    merchants: Any = Merchant.objects
    return list(merchants.for_staff(request.user).filter(is_active=True).order_by("name")[:200])


def _chosen(request: HttpRequest, seen: list[Merchant]) -> Merchant | None:
    slug = request.GET.get("merchant")
    if slug and all(merchant.slug != slug for merchant in seen):
        raise Http404
    return next((merchant for merchant in seen if slug in (None, merchant.slug)), None)


class WordingView(UnfoldSiteViewMixin, TemplateView):
    """One message in one channel and language: its words, what they may name, how they look and what they cost."""

    title = gettext_lazy("Words of a message")
    permission_required = (VIEW,)
    template_name = "admin/wording.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wording = self._saved()
        shown = Own(wording.text, wording.subject) if wording else self._shipped()
        return self._page(WordingForm(initial={"subject": shown.subject, "text": shown.text}))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        form = WordingForm(request.POST)
        wanted = request.POST.get("do", "preview")
        if wanted == "preview":
            return self._preview_alone(form) if "alone" in request.GET else self._page(form)
        try:
            said = self._do(wanted, form)
        except DomainError as error:
            for field, problems in (error.fields or {}).items():
                form.add_error(field if field in form.fields else None, problems)
            if not error.fields:
                messages.error(request, error.message)
            return self._page(form, status=error.status)
        messages.success(request, said)
        return redirect(request.get_full_path())

    def _do(self, wanted: str, form: WordingForm) -> str:
        place = {name: self.kwargs[name] for name in ("kind", "channel", "language")}
        wording, user = self._saved(), cast("User", self.request.user)
        if wanted == "save":
            form.is_valid()
            services.set_wording(merchant=self._merchant(), **place, own=form.own, by=user)
            return _("These words are used from now on.")
        if wanted == "remove" and wording:
            services.remove_wording(wording=wording)
            return _("The shipped words are used again.")
        if wanted == "test" and wording:
            address = self.request.POST.get("address", "")
            services.send_test(wording=wording, address=address, by=user)
            return _("A test is on its way; it is filled with a sample.")
        raise Http404

    def _merchant(self) -> Merchant:
        """The merchant whose words they are; nothing is there of others, nor of messages that don't exist."""
        seen = [row for row in _merchants(self.request) if row.slug == self.kwargs["merchant"]]
        if not seen or not self._shipped().text or self.kwargs["kind"] in own_words.FIXED:
            raise Http404
        return seen[0]

    def _shipped(self) -> Own:
        return own_words.shipped_words(self.kwargs["kind"], self.kwargs["channel"], self.kwargs["language"])

    def _saved(self) -> Wording | None:
        place = {name: self.kwargs[name] for name in ("kind", "channel", "language")}
        return Wording.objects.filter(merchant=self._merchant(), **place).select_related("edited_by").first()

    def _page(self, form: WordingForm, status: int = 200) -> HttpResponse:
        kind, channel = self.kwargs["kind"], self.kwargs["channel"]
        known = own_words.known_variables(kind)
        context = self.get_context_data(**self.kwargs) | {
            "merchant": self._merchant(),
            "kind": kinds.of(kind),
            "channel": channel,
            "channel_name": CHANNEL_NAMES[channel],
            "language_name": dict(settings.LANGUAGES)[self.kwargs["language"]],
            "languages": settings.LANGUAGES,
            "language": self.kwargs["language"],
            "form": form,
            "wording": self._saved(),
            "shipped": self._shipped(),
            "variables": [(name, VARIABLES[name], _plain(self._sample()[name])) for name in known],
            "preview": self._preview(form.own),
            "may_change": self.request.user.has_perm(CHANGE),
            "list_url": f"{reverse('admin:words')}?merchant={self.kwargs['merchant']}",
        }
        return render(self.request, self.template_name, context, status=status)

    def _preview_alone(self, form: WordingForm) -> HttpResponse:
        return render(self.request, "admin/_words_preview.html", {"preview": self._preview(form.own)})

    def _sample(self) -> dict[str, Any]:
        kind = self.kwargs["kind"]
        facts = sample_facts(self.kwargs["language"], merchant=self._merchant().name, kind=kind)
        strange = set(VARIABLES) - set(own_words.known_variables(kind))
        return {name: value for name, value in facts.items() if name not in strange}

    def _preview(self, own: Own) -> dict[str, Any]:
        """The words as they arrive, or what is wrong with them."""
        kind, channel, language = (self.kwargs[name] for name in ("kind", "channel", "language"))
        if problems := own_words.problems(kind, channel, own):
            return {"problems": [problem for some in problems.values() for problem in some]}
        said = words.render(kind, services.CHANNELS[channel], language, self._sample(), own)
        shown: dict[str, Any] = {"channel": channel, "language": language, "said": said}
        if channel == "sms":
            policy = MessagePolicy.objects.filter(merchant=self._merchant()).first() or MessagePolicy()
            size = lengths.sms_size(said.text)
            shown |= {"size": size, "cost": size.parts * policy.price_per_part, "currency": policy.currency}
        return shown


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
