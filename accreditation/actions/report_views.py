"""Keeping what somebody chose on a report under a name."""

from django.db import transaction

from accreditation.models import Program, ReportKind, ReportView, User
from accreditation.rules.report_views import query_of, why_not_save
from courses.lib.refusals import refuse_if


@transaction.atomic
def save_view(*, name: str, program: Program | None, query: str, is_shared: bool, by: User) -> ReportView:
    """Keep a view of a program's report, or of the coverage where there is no program.

    Refused: `no-name`, `long-name`, `taken`, `many`.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    refuse_if(why_not_save(by, name))
    kind = ReportKind.PROGRAM if program else ReportKind.COVERAGE
    kept = {"kind": kind, "program": program, "query": query_of(kind, query), "is_shared": is_shared}
    return ReportView.objects.create(owner=by, name=name.strip(), **kept)


@transaction.atomic
def change_view(*, view: ReportView, name: str, is_shared: bool, by: User) -> ReportView:
    """Give one's own view another name, share it or stop sharing it. Refused: `no-name`, `long-name`, `taken`."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    refuse_if(why_not_save(by, name, but=view.pk))
    view.name, view.is_shared = name.strip(), is_shared
    view.save(update_fields=["name", "is_shared"])
    return view


def remove_view(*, view: ReportView, by: User) -> None:
    """Remove one's own view for good."""
    view.delete()
