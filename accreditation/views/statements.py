"""What a manager attests of their people."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accreditation.actions.statements import attest, take_back
from accreditation.forms import AttestForm
from accreditation.models import Attestation, GivenAttestation
from accreditation.rules.people import team_of
from accreditation.rules.statements import wanted_of
from accreditation.views.who import user_of
from courses.lib.policy import signed_in


@signed_in
@require_GET
def attestations(request: HttpRequest) -> HttpResponse:
    """The statements that programs ask for of the people below; 404 for whoever manages nobody."""
    people = team_of(user_of(request))
    wanted = wanted_of(people)
    if not wanted and not people.exists():
        raise Http404
    today = timezone.localdate()
    rows = [
        (one, AttestForm(initial={"on": today}, prefix=f"{one.learner.pk}-{one.attestation.slug}")) for one in wanted
    ]
    return render(request, "accreditation/attestations.html", {"rows": rows, "today": today})


@signed_in
@require_POST
def attest_here(request: HttpRequest, learner: int, slug: str) -> HttpResponse:
    """Attest one statement of one person."""
    person = get_object_or_404(team_of(user_of(request)), pk=learner)
    statement = get_object_or_404(Attestation, slug=slug)
    form = AttestForm(request.POST, prefix=f"{learner}-{slug}")
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
        return redirect("attestations")
    said = form.cleaned_data
    attest(attestation=statement, learner=person, by=user_of(request), on=said["on"], note=said["note"])
    messages.success(request, _("Attested: %(statement)s, %(person)s.") % {"statement": statement, "person": person})
    return redirect("attestations")


@signed_in
@require_POST
def take_back_here(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what somebody attested of a person below."""
    rows = GivenAttestation.objects.filter(learner__in=team_of(user_of(request)))
    given = get_object_or_404(rows.select_related("attestation"), pk=pk)
    take_back(given=given, reason=request.POST.get("reason", ""), by=user_of(request))
    messages.success(request, _("Taken back: %(attestation)s.") % {"attestation": given.attestation})
    return redirect("attestations")
