"""What people were told, where its e-mail stands, what every mail looks like, and when people are reminded."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.mail import EmailMultiAlternatives
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accreditation.actions.mailing import compose, try_again
from accreditation.models import Digest, Manner, Notice, NoticeKind, ReminderLadder, User
from accreditation.rules.mail_pages import (
    counts_of_the_day,
    example_digest,
    example_invitation,
    example_notice,
    example_report,
    why_not_try_again,
)
from accreditation.views.who import user_of
from courses.admin.deeds import Deed, DeedsAdmin
from courses.admin.history import HistoryAdmin
from courses.admin.readonly import ReadOnlyAdmin, each_or_say_why
from courses.lib.policy import needs

PREVIEWS = [
    *NoticeKind.choices,
    ("daily", _("Daily digest")),
    ("weekly", _("Weekly digest")),
    ("report", _("Report")),
    ("invitation", _("Invitation")),
]


class MailedAdmin(DeedsAdmin, ReadOnlyAdmin):
    """Rows with a mail: how the last day went, and trying given-up ones again."""

    actions = ("again",)
    change_list_template = "admin/accreditation/mails.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the counts of the last 24 hours."""
        counts = counts_of_the_day(self.model, timezone.now())
        return super().changelist_view(request, {"counts": counts} | (extra_context or {}))

    def has_again_permission(self, request: HttpRequest) -> bool:
        """Whoever looks after people."""
        return request.user.has_perm("accreditation.change_user")

    def deeds_of(self, request: HttpRequest, row: Any) -> Sequence[Deed]:
        """Another try, where it was given up."""
        return [Deed("again", str(_("Try the e-mail again")), why_not_try_again(row))]

    @admin.action(description=_("Try the e-mail again"), permissions=["again"])
    def again(self, request: HttpRequest, rows: QuerySet) -> None:
        """Those that were given up."""
        each_or_say_why(self, request, rows, lambda row: try_again(row=row, by=user_of(request)))


@admin.register(Notice)
class NoticeAdmin(MailedAdmin):
    """What people were told, and where its mail stands."""

    list_display = (
        "recipient",
        "kind",
        "title",
        "created_at",
        "read_at",
        "mail_state",
        "mail_attempts",
        "mail_problem",
    )
    list_filter = ("mail_state", "kind", "created_at")
    list_select_related = ("recipient",)
    search_fields = ("recipient__email", "recipient__name", "title")

    def get_urls(self) -> list[URLPattern]:
        """With the previews."""
        view = self.admin_site.admin_view
        pages = [
            path("previews/", view(self.previews), name="accreditation_mail_previews"),
            path("previews/<slug:what>/page/", view(self.preview_page), name="accreditation_mail_preview"),
        ]
        return [*pages, *super().get_urls()]

    @needs("accreditation.view_notice")
    def previews(self, request: HttpRequest) -> HttpResponse:
        """One mail with example data, as text beside its HTML, and the way to all others."""
        what = request.GET.get("mail", NoticeKind.DECISION.value)
        mail = _example(what, user_of(request))
        facts = {"title": _("E-mails as they look"), "what": what, "kinds": PREVIEWS, "mail": mail}
        return render(request, "admin/accreditation/mail_previews.html", self.admin_site.each_context(request) | facts)

    @needs("accreditation.view_notice")
    def preview_page(self, request: HttpRequest, what: str) -> HttpResponse:
        """The HTML of one mail, for the frame: it runs nothing, and only our own page may show it."""
        response = HttpResponse(_example(what, user_of(request)).alternatives[0][0])
        policy = {
            "default-src": ["'none'"],
            "style-src": ["'unsafe-inline'"],
            "sandbox": [""],
            "frame-ancestors": ["'self'"],
        }
        response._csp_replace = policy  # type: ignore[attr-defined]
        response["X-Frame-Options"] = "SAMEORIGIN"
        return response


def _example(what: str, reader: User) -> EmailMultiAlternatives:
    """A mail with the reader's own data or made-up words; nothing is saved or sent."""
    if what in NoticeKind.values:
        facts: dict[str, Any] = {"notice": example_notice(what, reader)}
        return compose(template="notice", person=reader, what=what, facts=facts, message_id="example")
    if what in (Manner.DAILY, Manner.WEEKLY):
        digest, rows = example_digest(what, reader)
        facts = {"digest": digest, "notices": rows, "more": False, "count": len(rows)}
        return compose(template="digest", person=reader, what=what, facts=facts, message_id="example")
    if what == "report":
        return compose(
            template="report", person=reader, what="report-0", facts=example_report(reader), message_id="example"
        )
    if what != "invitation":
        raise Http404
    facts = {"invitation": example_invitation(reader), "site_url": settings.SITE_URL}
    facts["organisation_name"] = settings.ORGANISATION_NAME
    subject, text, page = (render_to_string(f"emails/invitation.{one}", facts) for one in ("subject", "txt", "html"))
    mail = EmailMultiAlternatives(" ".join(subject.split()), text, to=[reader.email])
    mail.attach_alternative(page, "text/html")
    return mail


@admin.register(Digest)
class DigestAdmin(MailedAdmin):
    """E-mails with several notices, and where they stand."""

    list_display = (
        "person",
        "period",
        "period_on",
        "notice_count",
        "mail_state",
        "mail_attempts",
        "mail_problem",
        "mailed_at",
    )
    list_filter = ("mail_state", "period", "created_at")
    list_select_related = ("person",)
    search_fields = ("person__email", "person__name")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Digest]:
        """With how many notices each holds."""
        return super().get_queryset(request).annotate(many=Count("notices"))

    @admin.display(description=_("notices"), ordering="many")
    def notice_count(self, row: Digest) -> int:
        """How many notices it holds."""
        return row.many  # type: ignore[attr-defined]


@admin.register(ReminderLadder)
class ReminderLadderAdmin(HistoryAdmin):
    """On which days people are reminded: for the whole portal, and for programs that differ."""

    list_display = ("__str__", "due_days", "renewal_days")
    list_select_related = ("program",)
    search_fields = ("program__title",)
    autocomplete_fields = ("program",)
