"""Partner organisations in the administration: their mail domains with the proof, and lists of people with a preview."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse

from accreditation.actions.joining import prove_domain
from accreditation.actions.member_files import import_members
from accreditation.models import Organisation, OrganisationDomain
from accreditation.rules.domains import ascii_domain, why_not_domain
from accreditation.rules.member_files import digest_of, outcomes_of, why_not_read
from accreditation.views.who import user_of
from courses.admin.deeds import Deed, DeedsAdmin, Way
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import each_or_say_why
from courses.lib.policy import needs


class MembersForm(forms.Form):
    """A list as a file or as text; the text is what is previewed and applied."""

    file = forms.FileField(label="CSV file", required=False)
    text = forms.CharField(
        label="or its text",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "vLargeTextField"}),
        help_text="The first line names the columns: email, role, persona. Role and persona are slugs.",
    )

    def clean(self) -> dict[str, Any]:
        """The text of the file, where there is one."""
        data: dict[str, Any] = super().clean() or {}
        if (file := data.get("file")) is not None:
            try:
                data["text"] = file.read(2_000_000).decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", "Save the list as UTF-8.")
                return data
        if refusal := why_not_read(data.get("text", "")):
            self.add_error("text", refusal.sentence)
        return data


@admin.register(Organisation)
class OrganisationAdmin(DeedsAdmin, HistoryAdmin):
    """Partner companies."""

    list_display = ("name", "region", "slug", "joining", "is_listed", "shows_tier")
    list_filter = ("joining", "is_listed", "shows_tier", "region")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}

    def ways_of(self, request: HttpRequest, row: Organisation) -> Sequence[Way]:
        """To its page, its domains and the import."""
        address = reverse("admin:accreditation_organisation_import", args=[row.pk])
        domains = f"{reverse('admin:accreditation_organisationdomain_changelist')}?organisation__id__exact={row.pk}"
        return [
            Way("Its page", row.get_absolute_url()),
            Way("Its mail domains", domains, "accreditation.view_organisationdomain"),
            Way("Import people…", address, "accreditation.add_invitation"),
        ]

    def get_urls(self) -> list[URLPattern]:
        """With the page of the import."""
        view = self.admin_site.admin_view(self.import_view)
        return [path("<int:pk>/import/", view, name="accreditation_organisation_import"), *super().get_urls()]

    @needs("accreditation.add_invitation")
    def import_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A list of people: what would become of each line, then the deed with what was shown."""
        if not user_of(request).has_perm("accreditation.change_user"):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        form = MembersForm(request.POST or None, request.FILES or None)
        context = self.admin_site.each_context(request) | {"title": "Import people", "organisation": row, "form": form}
        if request.method != "POST" or not form.is_valid():
            return render(request, IMPORT, context, status=422 if form.errors else 200)
        text = form.cleaned_data["text"]
        if digest := request.POST.get("digest", ""):
            done = import_members(organisation=row, text=text, digest=digest, by=user_of(request))
            messages.success(request, f"Applied: {len(done)} lines, as they were shown.")
            return redirect("admin:accreditation_organisation_change", row.pk)
        found = outcomes_of(text, row)
        return render(request, IMPORT, context | {"outcomes": found, "digest": digest_of(found), "text": text})


IMPORT = "admin/accreditation/organisation/import.html"


class DomainForm(forms.ModelForm):
    """A domain as mail servers know it."""

    class Meta:
        model = OrganisationDomain
        fields = ("organisation", "domain", "with_subdomains")

    def clean_domain(self) -> str:
        """In ASCII; a provider of mail for everybody is refused."""
        name = self.cleaned_data["domain"]
        if refusal := why_not_domain(name):
            raise forms.ValidationError(refusal.sentence)
        return ascii_domain(name)


@admin.register(OrganisationDomain)
class OrganisationDomainAdmin(DeedsAdmin, HistoryAdmin):
    """Mail domains of partners. Addresses count once somebody has seen the proof."""

    form = DomainForm
    list_display = ("domain", "as_read", "organisation", "with_subdomains", "proven_at", "proven_by")
    list_filter = ("organisation", ("proven_at", admin.EmptyFieldListFilter))
    list_select_related = ("organisation", "proven_by")
    search_fields = ("domain", "organisation__name")
    actions = ("prove",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A domain is written once: its proof is of this one. Another is another row."""
        return ("organisation", "domain", "as_read", "proven_at", "proven_by") if obj else ()

    @admin.display(description="as people read it")
    def as_read(self, row: OrganisationDomain) -> str:
        """With the letters of its language, so that a lookalike is noticed beside its ASCII form."""
        return ".".join(
            one[4:].encode().decode("punycode") if one.startswith("xn--") else one for one in row.domain.split(".")
        )

    def deeds_of(self, request: HttpRequest, row: OrganisationDomain) -> Sequence[Deed]:
        """The proof."""
        notes = ["Who proved such an address and belongs nowhere joins, or asks to, as the organisation is set."]
        return [] if row.proven_at else [Deed("prove", "I have seen the proof: its addresses count", notes=notes)]

    @admin.action(description="Proof seen: addresses count", permissions=["change"])
    def prove(self, request: HttpRequest, rows: QuerySet[OrganisationDomain]) -> None:
        """Let the domains count."""
        each_or_say_why(self, request, rows, lambda row: prove_domain(row=row, by=user_of(request)))
