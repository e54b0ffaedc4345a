"""How notices come by e-mail: choosing when signed in, and stopping one kind by the link in a mail."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accreditation.actions.mail_choices import choose_manners, choose_times, stop_mails, undo_stop
from accreditation.mail_forms import MailForm
from accreditation.models import MailPreference
from accreditation.rules.mail_times import times_of
from accreditation.rules.stopping import is_stopped, read_before, read_stop, sign_before
from accreditation.views.who import user_of
from courses.lib.limits import caller, seconds_to_wait
from courses.lib.policy import open_to_all, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def mail_choices(request: HttpRequest) -> HttpResponse:
    """By kind: at once, in a digest or not at all; quiet hours; the hour of the digests."""
    person = user_of(request)
    chosen = dict(MailPreference.objects.filter(person=person).values_list("kind", "manner"))
    form = MailForm(request.POST or None, chosen=chosen, times=times_of(person))
    if request.method == "POST" and form.is_valid():
        choose_manners(manners=form.manners(), by=person)
        hours = {name: form.cleaned_data[name] for name in ("digest_hour", "digest_weekday")}
        choose_times(quiet=form.quiet(), by=person, **hours)
        messages.success(request, _("Saved."))
        return redirect("notices-mail")
    return render(request, "accreditation/mail_choices.html", {"form": form}, status=422 if form.errors else 200)


@open_to_all
@csrf_exempt  # a mail program posts without cookies (RFC 8058); the signed token is what allows it, and all it allows
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Looking stops nothing: scanners follow links. Posting stops the e-mails of this kind, for this person, once for all.

    `undo` in the form takes that back. The address is all that is needed for either.
    """
    if wait := seconds_to_wait("stop-mails", caller(request), allowed=60, per_seconds=60):
        busy = render(request, "accreditation/mail_stop.html", {"wait": wait}, status=429)
        busy["Retry-After"] = str(wait)
        return busy
    found = read_stop(token)
    if found is None:
        raise Http404
    context = {"stop": found, "is_done": False, "is_stopped": is_stopped(found)}
    if request.method == "POST" and request.POST.get("undo"):
        undo_stop(stop=found, before=read_before(found, request.POST.get("before", "")))
        context |= {"is_undone": True}
    elif request.method == "POST":
        before = stop_mails(stop=found)
        context |= {"is_done": True, "before": sign_before(found, before) if before else ""}
    return render(request, "accreditation/mail_stop.html", context)
