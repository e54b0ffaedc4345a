"""A partner manager's own organisation: its people, what ends, who is invited. Another organisation's addresses are not there."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accreditation.actions.invitations import invite, send_again, take_up_own, withdraw_invitation
from accreditation.actions.joining import answer_request
from accreditation.actions.organisations import show_tier_publicly
from accreditation.forms import InvitationForm
from accreditation.models import Organisation
from accreditation.rules.directory_tiers import shows_tier
from accreditation.rules.invitations import invitations_to, open_invitations, why_not_invite, why_not_manage
from accreditation.rules.organisation_people import certified_by_use_case, narrowed, people_rows
from accreditation.rules.organisation_tier_pages import organisation_tier_page
from accreditation.rules.organisations import expiring, requests_to
from accreditation.rules.people import head_count, members_of
from accreditation.views.people import page_of
from accreditation.views.who import user_of
from courses.lib.cells import csv_file
from courses.lib.policy import signed_in
from courses.models import Persona

SOON_SHOWN = 20


@signed_in
@require_GET
def organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """A partner organisation's people, with standing and badges, what ends soon and who is invited; nothing of the work."""
    return _page(request, _own(request, slug), InvitationForm())


@signed_in
@require_GET
def people_file(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """The people with their standing as CSV, row by row: what the page shows, no addresses."""
    shown, now = _own(request, slug), timezone.now()
    return csv_file(people_rows(shown), f"{shown.slug}-{now:%Y-%m-%d}.csv")


@signed_in
@require_POST
def invite_here(request: HttpRequest, slug: str) -> HttpResponse:
    """Invite one person; what can't be stays in the form with its reason."""
    shown, by, form = _own(request, slug), user_of(request), InvitationForm(request.POST)
    if form.is_valid() and (refusal := why_not_invite(shown, form.cleaned_data["email"], by, timezone.now())):
        form.add_error("email", refusal.sentence)
    if form.errors:
        return _page(request, shown, form)
    row = invite(organisation=shown, by=by, **form.cleaned_data)
    messages.success(request, _("Invited: %(email)s. The mail is on its way.") % {"email": row.email})
    return redirect(shown)


@signed_in
@require_POST
def invite_again(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Mail an open invitation once more."""
    shown = _own(request, slug)
    row = send_again(invitation=get_object_or_404(open_invitations(shown), pk=pk), by=user_of(request))
    messages.success(request, _("Sent again to %(email)s.") % {"email": row.email})
    return redirect(shown)


@signed_in
@require_POST
def invite_no_more(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take an open invitation back."""
    shown = _own(request, slug)
    row = withdraw_invitation(invitation=get_object_or_404(open_invitations(shown), pk=pk), by=user_of(request))
    messages.success(request, _("Taken back: %(email)s isn't invited any more.") % {"email": row.email})
    return redirect(shown)


@signed_in
@require_POST
def join(request: HttpRequest, pk: int) -> HttpResponse:
    """Take up an invitation to an address of one's own that is proved."""
    row = get_object_or_404(invitations_to(user_of(request)), pk=pk)
    take_up_own(invitation=row, by=user_of(request))
    messages.success(request, _("You belong to %(value)s now.") % {"value": row.organisation or "your team"})
    return redirect("profile")


@signed_in
@require_POST
def answer_join(request: HttpRequest, slug: str, pk: int, answer: str) -> HttpResponse:
    """Take in whoever asked to join, or not."""
    shown = _own(request, slug)
    asked = get_object_or_404(requests_to(shown), pk=pk)
    answer_request(request=asked, accept=answer == "accept", by=user_of(request))
    messages.success(request, f"{asked.person} {'belongs to you now' if answer == 'accept' else 'was not taken in'}.")
    return redirect(shown)


@signed_in
@require_POST
def show_tier(request: HttpRequest, slug: str) -> HttpResponse:
    """Let the public directory say the tier, or no longer."""
    shown = _own(request, slug)
    row = show_tier_publicly(organisation=shown, shows=request.POST.get("shows") == "yes", by=user_of(request))
    said = (
        _("shows your tier, once at least five of your people are accredited")
        if row.shows_tier
        else _("doesn't show your tier")
    )
    messages.success(request, _("Saved. The public directory %(said)s.") % {"said": said})
    return redirect(shown)


def _own(request: HttpRequest, slug: str) -> Organisation:
    """The organisation of this address, where the person may see it; 404 like one that doesn't exist."""
    return get_object_or_404(Organisation.objects.visible_to(user_of(request)), slug=slug)


def _page(request: HttpRequest, shown: Organisation, form: InvitationForm) -> HttpResponse:
    members, today, personas = members_of(shown), timezone.now().date(), list(Persona.objects.all())
    persona, use_case = request.GET.get("persona", ""), request.GET.get("use_case", "")
    people = narrowed(members, persona, use_case, today)
    is_narrowed = bool(persona or use_case)
    count = head_count(members)
    soon = list(expiring(shown, today)[: SOON_SHOWN + 1])
    locked = why_not_manage(user_of(request), shown)
    context: dict[str, Any] = {
        "organisation": shown,
        "count": count,
        "personas": personas,
        "certified": certified_by_use_case(shown, personas, today),
        "chosen": {"persona": persona, "use_case": use_case},
        "is_narrowed": is_narrowed,
        "kept": f"{urlencode({'persona': persona, 'use_case': use_case})}&" if is_narrowed else "",
        "page": page_of(request, people, people.count() if is_narrowed else count.people),
        "soon": soon[:SOON_SHOWN],
        "has_more_soon": len(soon) > SOON_SHOWN,
        "locked": locked,
        "tier": organisation_tier_page(shown, timezone.now()),
        "is_tier_public": shown.pk in shows_tier([shown.pk], today),
        "requests": [] if locked else list(requests_to(shown)[:100]),
        "invitations": [] if locked else list(open_invitations(shown)[:100]),
        "form": form,
    }
    return render(request, "accreditation/organisation.html", context, status=422 if form.errors else 200)
