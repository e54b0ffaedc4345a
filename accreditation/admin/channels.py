"""Chat channels in the administration: the address is written, never shown."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accreditation.actions.channels import give_address, post_trial
from accreditation.models import Channel, ChannelPost
from accreditation.models.channels import ChannelFact
from accreditation.rules.channels import why_not_address, why_not_test
from accreditation.views.who import user_of
from courses.admin.deeds import Deed, DeedsAdmin
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyAdmin, each_or_say_why


class ChannelForm(forms.ModelForm):
    """A channel; the address is asked for once, and again only to replace it."""

    facts = forms.MultipleChoiceField(
        label=_("What goes there"), choices=ChannelFact.choices, widget=forms.CheckboxSelectMultiple
    )
    address = forms.CharField(
        label=_("Webhook address"),
        required=False,
        max_length=2000,
        widget=forms.PasswordInput(render_value=False, attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text=_(
            "From the chat's settings for incoming webhooks. It is never shown again; leave it empty to keep it."
        ),
    )

    class Meta:
        model = Channel
        fields = ("name", "organisation", "manager", "program", "facts", "is_active")

    def clean_address(self) -> str:
        """Needed at first; refused where it is no public https address."""
        url = self.cleaned_data["address"].strip()
        if not url and not self.instance.pk:
            raise forms.ValidationError(_("The channel needs its address."))
        if url and (refusal := why_not_address(url)):
            raise forms.ValidationError(refusal.sentence)
        return url


@admin.register(Channel)
class ChannelAdmin(DeedsAdmin, HistoryAdmin):
    """Which facts go to which chat channel."""

    form = ChannelForm
    list_display = ("name", "organisation", "manager", "program", "told", "host", "is_active", "problem")
    list_filter = ("is_active", "organisation")
    list_select_related = ("organisation", "manager", "program")
    search_fields = ("name", "organisation__name")
    autocomplete_fields = ("organisation", "manager", "program")
    readonly_fields = ("host", "problem")
    actions = ("trial",)

    @admin.display(description=_("what goes there"))
    def told(self, row: Channel) -> str:
        """In words."""
        return ", ".join(str(ChannelFact(one).label) for one in row.facts)

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        """With the address sealed, where one was given."""
        if not change:
            obj.made_by = user_of(request)
        if url := form.cleaned_data.get("address"):
            give_address(channel=obj, url=url)
        if "is_active" in form.changed_data:
            obj.failed_in_a_row = 0
        super().save_model(request, obj, form, change)

    def deeds_of(self, request: HttpRequest, row: Channel) -> Sequence[Deed]:
        """A trial."""
        return [Deed("trial", str(_("Send a trial message")), why_not_test(row))]

    @admin.action(description=_("Send a trial message"), permissions=["change"])
    def trial(self, request: HttpRequest, rows: QuerySet[Channel]) -> None:
        """One message to each."""
        each_or_say_why(self, request, rows, lambda row: post_trial(channel=row, by=user_of(request)))


@admin.register(ChannelPost)
class ChannelPostAdmin(ReadOnlyAdmin):
    """What was posted, and where it stands."""

    list_display = ("channel", "text", "state", "attempts", "problem", "created_at", "sent_at")
    list_filter = ("state", "channel", "created_at")
    list_select_related = ("channel",)
    search_fields = ("text", "channel__name")
