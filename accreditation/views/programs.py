"""The catalogue of programs, and a program's page."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accreditation.actions.programs import enrol, leave
from accreditation.models import Enrolment, Program
from accreditation.rules.competencies import framework_of, programs_with
from accreditation.rules.journeys import journey
from accreditation.rules.programs import PICTURE, program_rules, standings, why_not_enrol, with_rules
from accreditation.rules.standing import standing
from accreditation.rules.steps import NO_WORK, work_of
from accreditation.rules.tier_pages import lifts_in
from accreditation.views.who import user_of
from courses.lib.people import person_of
from courses.lib.policy import open_to_all, signed_in
from courses.models import Competency
from courses.rules.assets import usable_by


@open_to_all
@require_GET
def programs(request: HttpRequest) -> HttpResponse:
    """Every published program; those for the person's own role first."""
    rows = Program.objects.published().select_related("achievement").defer(PICTURE).prefetch_related("roles")
    mine, role = set(), getattr(request.user, "role_id", None)
    if request.user.is_authenticated:
        mine = set(Enrolment.objects.open().filter(learner=request.user).values_list("program_id", flat=True))
    shown = sorted(rows, key=lambda one: (role not in {r.pk for r in one.roles.all()}, one.title))
    return render(request, "accreditation/programs.html", {"programs": shown, "mine": mine, "role": role})


@open_to_all
@require_GET
def program(request: HttpRequest, slug: str) -> HttpResponse:
    """What a program asks for; for a signed-in person with their own standing in it."""
    rows = Program.objects.visible_to(request.user) if request.user.is_authenticated else Program.objects.published()
    named = Program.assets.through.objects.filter(program=OuterRef("pk"))
    shown: Any = get_object_or_404(with_rules(rows).annotate(names_assets=Exists(named)), slug=slug)
    context: dict[str, object] = {"program": shown, "refusal": why_not_enrol(shown), "assets": ()}
    now = timezone.now()
    if request.user.is_authenticated and shown.names_assets:
        context["assets"] = usable_by(person_of(request), shown.assets.all())
    if shown.current_version is None:
        return render(request, "accreditation/program.html", context)
    if request.user.is_authenticated:
        enrolment = Enrolment.objects.open().filter(learner=request.user, program=shown).first()
        found = standings(request.user, [shown], now)[shown.pk]
        context["journey"] = journey(shown, found, work_of(request.user), now, enrolment)
        context["enrolment"] = enrolment
        context["tier"] = lifts_in(request.user, shown, now) if found.is_in_force else None
    else:
        empty = standing(program_rules(shown.current_version), [], now.date())
        context["journey"] = journey(shown, empty, NO_WORK, now)
    return render(request, "accreditation/program.html", context)


@open_to_all
@require_GET
def competency(request: HttpRequest, slug: str) -> HttpResponse:
    """What a competency is, and the programs that build it. Badges name this address for ever."""
    row = get_object_or_404(Competency.objects.select_related("framework", "parent", "replaced_by"), slug=slug)
    shown = programs_with(row).select_related("achievement").defer(PICTURE)
    context = {
        "competency": row,
        "framework": framework_of(row),
        "address": row.uri or reverse("case-item", args=[row.identifier]),
        "stages": row.stages.all(),
        "parts": row.parts.current(),
        "programs": shown,
    }
    return render(request, "accreditation/competency.html", context)


@signed_in
@require_POST
def enrol_here(request: HttpRequest, slug: str) -> HttpResponse:
    """Enrol oneself."""
    wanted = get_object_or_404(Program.objects.visible_to(user_of(request)), slug=slug)
    enrol(learner=user_of(request), program=wanted, by=user_of(request))
    messages.success(
        request, _("You are on %(wanted)s. Your next step stands on the home page.") % {"wanted": wanted.title}
    )
    return redirect(wanted)


@signed_in
@require_POST
def leave_here(request: HttpRequest, slug: str) -> HttpResponse:
    """End one's own enrolment; what was proved stays."""
    row = get_object_or_404(
        Enrolment.objects.open().select_related("program"), learner=user_of(request), program__slug=slug
    )
    leave(enrolment=row, by=user_of(request))
    messages.success(request, _("You left %(program)s. What you proved is kept.") % {"program": row.program.title})
    return redirect(row.program)
