"""Endorsements: writing and withdrawing them, their public page, and the stored bytes for machines."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from badges.actions.endorsements import hide_endorsement, withdraw_endorsement, write_endorsement
from badges.canonical import read_json
from badges.endorsements import author_in
from badges.forms import EndorsementForm, WithdrawalForm
from badges.models import Credential, Endorsement
from badges.rules.endorsement_checks import check_endorsement, voices_of, with_keys
from badges.rules.endorsements import name_of, why_not_endorse, why_not_say, words_of
from badges.rules.issuing import shown_holder
from badges.views.answers import conditional, public
from badges.views.credential_pages import credential_of_page
from badges.views.credentials import JSON_TYPES, TOKEN_TYPES, found
from courses.lib.limits import caller, seconds_to_wait
from courses.lib.people import person_of
from courses.lib.policy import needs, open_to_all, signed_in
from courses.lib.refusals import Refusal

PER_HOUR = 30
ON_A_PAGE = 20
WITHDRAWN = Refusal("withdrawn", gettext_noop("This endorsement was withdrawn. It says nothing any more."))


@needs("badges.endorse")
@require_http_methods(["GET", "HEAD", "POST"])
def endorse(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """Write an endorsement of an award. What is refused keeps what was typed, and says why above it."""
    row = found(credential_of_page, credential_id)
    locked = why_not_endorse(row, by=person_of(request), now=timezone.now())
    form = EndorsementForm(request.POST or None)
    if request.method != "POST" or locked or not form.is_valid():
        status = 409 if locked else 422 if request.method == "POST" else 200
        return _form(request, row, form, locked=locked, status=status)
    if wait := seconds_to_wait("endorse", caller(request), allowed=PER_HOUR, per_seconds=3600):
        later = Refusal(
            "too-many", _("That was a lot of endorsements. Go on in %(value)s minutes.") % {"value": wait // 60 + 1}
        )
        return _form(request, row, form, refusal=later, status=429)
    names = {"author_name": name_of(request.user), "holder_name": name_of(row.holder)}
    if refusal := why_not_say(words_of(**form.cleaned_data), **names):
        return _form(request, row, form, refusal=refusal, status=409)
    write_endorsement(credential=row, **form.cleaned_data, by=person_of(request))
    messages.success(request, _("Signed. It stands on the page of the award, and its holder was told."))
    return redirect(row)


def _form(request: HttpRequest, row: Credential, form: EndorsementForm, *, status: int, **more: Any) -> HttpResponse:
    facts = {"credential": row, "name": row.achievement.name, "holder": shown_holder(row), "form": form}
    return render(request, "badges/endorse.html", facts | more, status=status)


@open_to_all
@require_safe
@conditional
def endorsement(request: HttpRequest, endorsement_id: uuid.UUID) -> HttpResponse:
    """The endorsement in the form that the caller accepts: its page, unless a form for machines is preferred."""
    wanted = request.get_preferred_type(["text/html", *JSON_TYPES, *TOKEN_TYPES])
    if wanted in JSON_TYPES:
        response = _document(endorsement_id, str(wanted))
    elif wanted in TOKEN_TYPES:
        response = _token(endorsement_id)
    else:
        response = _page(request, endorsement_id)
    patch_vary_headers(response, ["Accept"])
    return response


@open_to_all
@require_safe
@conditional
def document(request: HttpRequest, endorsement_id: uuid.UUID) -> HttpResponse:
    """The Open Badges 3.0 EndorsementCredential, byte for byte as it was stored; 410 once it was withdrawn."""
    return _document(endorsement_id, JSON_TYPES[0])


@open_to_all
@require_safe
@conditional
def token(request: HttpRequest, endorsement_id: uuid.UUID) -> HttpResponse:
    """The signed token, byte for byte as it was stored; 410 once it was withdrawn."""
    return _token(endorsement_id)


@open_to_all
@require_safe
@conditional
def of_award(request: HttpRequest, credential_id: uuid.UUID) -> HttpResponse:
    """All endorsements of an award that stand on its page, each byte for byte as it was stored."""
    row: Any = found(credential_of_page, credential_id)
    is_revoked = row.state == Credential.State.REVOKED
    shown = [] if is_revoked else [voice.pk for voice in voices_of(row.endorsements_text, row.issuer_keys)]
    stored = dict(Endorsement.objects.filter(pk__in=shown).values_list("pk", "document")) if shown else {}
    texts = ",".join(stored[uuid.UUID(pk)] for pk in shown)
    return public(f'{{"endorsement":[{texts}]}}', "application/json")


@signed_in
@require_POST
def hidden(request: HttpRequest, endorsement_id: uuid.UUID) -> HttpResponse:
    """The holder takes an endorsement off their page, or puts it back. On somebody else's award it answers 404."""
    rows = Endorsement.objects.live().filter(credential__holder_id=request.user.pk)
    row = get_object_or_404(rows, pk=endorsement_id)
    hide_endorsement(endorsement=row, hidden=request.POST.get("hidden") == "1", by=person_of(request))
    return redirect("badges:credential", row.credential_id)


@signed_in
@require_safe
def written(request: HttpRequest) -> HttpResponse:
    """What the person endorsed, newest first."""
    rows = Endorsement.objects.filter(author_id=request.user.pk, succeeded_at=None).order_by("-written_at", "pk")
    rows = rows.select_related("credential__holder", "credential__achievement").only(
        "comment", "author_words", "written_at", "state", "withdrawn_at", "credential__shown_name",
        "credential__holder__name", "credential__achievement__name",
    )  # fmt: skip
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    said = [(row, shown_holder(row.credential)) for row in page]
    return render(request, "badges/endorsements.html", {"page": page, "said": said})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, endorsement_id: uuid.UUID) -> HttpResponse:
    """The author takes an endorsement back, with a reason. Somebody else's answers 404."""
    rows = Endorsement.objects.filter(author_id=request.user.pk, succeeded_at=None).select_related(
        "credential__achievement"
    )
    row = get_object_or_404(rows, pk=endorsement_id)
    form = WithdrawalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        withdraw_endorsement(endorsement=row, reason=form.cleaned_data["reason"], by=person_of(request))
        messages.success(request, _("Withdrawn. Its page and the published list say so now."))
        return redirect("badges:endorsements")
    status = 422 if request.method == "POST" else 200
    return render(request, "badges/endorsement_withdraw.html", {"endorsement": row, "form": form}, status=status)


def _stored(endorsement_id: uuid.UUID, field: str) -> tuple[str, HttpResponse | None]:
    """A stored form, and what is answered instead of it once the endorsement was withdrawn."""
    row = get_object_or_404(Endorsement.objects.only("state", field), pk=endorsement_id)
    if row.state != Endorsement.State.WITHDRAWN:
        return getattr(row, field), None
    gone = JsonResponse(WITHDRAWN.as_json(), status=410)
    gone["Access-Control-Allow-Origin"], gone["Cache-Control"] = "*", "no-cache"
    return "", gone


def _document(endorsement_id: uuid.UUID, content_type: str) -> HttpResponse:
    text, gone = _stored(endorsement_id, "document")
    return gone or public(text, content_type, name=f"endorsement-{str(endorsement_id)[:8]}.json")


def _token(endorsement_id: uuid.UUID) -> HttpResponse:
    text, gone = _stored(endorsement_id, "jwt")
    return gone or public(text, "text/plain", name=f"endorsement-{str(endorsement_id)[:8]}.jwt")


def _page(request: HttpRequest, endorsement_id: uuid.UUID) -> HttpResponse:
    row: Any = get_object_or_404(with_keys(), pk=endorsement_id)
    verdict, is_withdrawn = check_endorsement(row, now=timezone.now()), row.state == Endorsement.State.WITHDRAWN
    document = {} if is_withdrawn else _read(row.document)
    newer = _newer(row) if row.succeeded_at else None
    facts = {"endorsement": row, "verdict": verdict, "is_withdrawn": is_withdrawn, "newer": newer}
    facts |= {
        "comment": document.get("credentialSubject", {}).get("endorsementComment", ""),
        "checked_at": timezone.now(),
    }
    facts |= {"author": author_in(document) if document else "", "holder": shown_holder(row.credential)}
    response = render(request, "badges/endorsement.html", facts, status=410 if is_withdrawn else 200)
    if not request.user.is_authenticated:
        response["Cache-Control"] = "no-cache"
    return response


def _read(text: str) -> dict[str, Any]:
    """What was signed; nothing where that can't be read any more, which no check lets pass."""
    try:
        document: dict[str, Any] = read_json(text)
    except ValueError:
        return {}
    return document


def _newer(row: Endorsement) -> Endorsement | None:
    """The signing of the same endorsement that counts today."""
    return Endorsement.objects.live().filter(series=row.series).only("pk").first()
