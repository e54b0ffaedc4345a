"""Who reads my badges, and what applications have to know before they do."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accreditation.actions.applications import withdraw_application
from accreditation.models import Application
from accreditation.rules.applications import readers_of
from accreditation.rules.scopes import FOR_DEVELOPERS, in_words
from accreditation.rules.service import server_metadata
from accreditation.views.who import user_of
from courses.lib.policy import open_to_all, signed_in


@signed_in
@require_safe
def applications(request: HttpRequest) -> HttpResponse:
    """The applications that may read, each with what it reads and a button that ends it."""
    readers = [(reader, in_words(reader.scopes)) for reader in readers_of(user_of(request), now=timezone.now())]
    return render(request, "accreditation/applications.html", {"readers": readers})


@signed_in
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """It reads nothing from its next request on. An application that never read of this person answers 404."""
    own = Application.objects.filter(consents__person=user_of(request)).distinct()
    row = get_object_or_404(own, pk=pk)
    withdraw_application(application=row, by=user_of(request))
    messages.success(
        request, _("“%(row)s” no longer reads your badges. What it has read already stays with it.") % {"row": row}
    )
    return redirect("applications")


@open_to_all
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """Terms, privacy and addresses for those who write such applications."""
    facts = {"server": server_metadata(), "scopes": FOR_DEVELOPERS}
    return render(request, "accreditation/application_terms.html", facts)
