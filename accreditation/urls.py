"""Every address of the portal."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from accreditation.views import (
    applications,
    badge_api,
    coverage,
    dev_mail,
    directory,
    frameworks,
    health,
    home,
    mail_choices,
    notices,
    oauth,
    organisations,
    people,
    program_reports,
    programs,
    sheets,
    statements,
    updates,
)

handler400 = "accreditation.views.errors.bad_request"
handler403 = "accreditation.views.errors.denied"
handler404 = "accreditation.views.errors.not_found"
handler500 = "accreditation.views.errors.failed"

urlpatterns = [
    path("", home.home, name="home"),
    path("favicon.ico", home.favicon, name="favicon"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("badges.urls")),
    path("accounts/", include("allauth.urls")),
    path("programs/", programs.programs, name="programs"),
    path("programs/competencies/<slug:slug>/", programs.competency, name="competency"),
    path("programs/<slug:slug>/", programs.program, name="program"),
    path("programs/<slug:slug>/enrol", programs.enrol_here, name="enrol"),
    path("programs/<slug:slug>/leave", programs.leave_here, name="leave"),
    path("programs/<slug:slug>/updates/<int:number>/", updates.update, name="update"),
    path("programs/<slug:slug>/updates/<int:number>/lessons/<int:item>/", updates.update_lesson, name="update-lesson"),
    path(
        "programs/<slug:slug>/updates/<int:number>/lessons/<int:item>/done",
        updates.update_lesson_done,
        name="update-lesson-done",
    ),
    path("notices/", notices.notices, name="notices"),
    path("notices/read", notices.read_all, name="notices-read"),
    path("notices/mail", mail_choices.mail_choices, name="notices-mail"),
    path("notices/stop/<str:token>", mail_choices.stop, name="notices-stop"),
    path("notices/count", notices.unread_count, name="notices-count"),
    path("notices/<int:pk>/read", notices.read_notice, name="notice-read"),
    path("notices/<int:pk>/unread", notices.unread_notice, name="notice-unread"),
    path("notices/<int:pk>/open", notices.open_notice, name="notice-open"),
    path("profile/", people.profile, name="profile"),
    path("profile/applications/", applications.applications, name="applications"),
    path("profile/applications/<int:pk>/withdraw", applications.withdraw, name="application-withdraw"),
    path("issuer/applications/", applications.terms, name="application-terms"),
    path("ims/ob/v3p0/discovery", badge_api.discovery, name="api-discovery"),
    path("ims/ob/v3p0/credentials", badge_api.credentials, name="api-credentials"),
    path("ims/ob/v3p0/profile", badge_api.profile, name="api-profile"),
    path("ims/ob/v3p0/oauth/authorize", oauth.authorize, name="oauth-authorize"),
    path("ims/ob/v3p0/oauth/token", oauth.token, name="oauth-token"),
    path("ims/ob/v3p0/oauth/revoke", oauth.revoke, name="oauth-revoke"),
    path("ims/ob/v3p0/oauth/register", oauth.register, name="oauth-register"),
    path("ims/ob/v3p0/<path:rest>", badge_api.nothing_here, name="api-nothing"),
    path("ims/case/v1p0/CFDocuments", frameworks.documents, name="case-documents"),
    path("ims/case/v1p0/CFDocuments/<uuid:identifier>", frameworks.document, name="case-document"),
    path("ims/case/v1p0/CFPackages/<uuid:identifier>", frameworks.package, name="case-package"),
    path("ims/case/v1p0/CFItems/<uuid:identifier>", frameworks.item, name="case-item"),
    path("ims/case/v1p0/CFItemAssociations/<uuid:identifier>", frameworks.item_associations, name="case-associations"),
    path("ims/case/v1p0/CFItemTypes/<uuid:identifier>", frameworks.item_types, name="case-item-types"),
    path("ims/case/v1p0/<path:rest>", frameworks.nothing_here, name="case-nothing"),
    path(".well-known/oauth-authorization-server", oauth.metadata, name="oauth-metadata"),
    path("team/", people.team, name="team"),
    path("team/<int:pk>/standing/", sheets.sheet_of_one, name="sheet"),
    path("profile/standing/", sheets.own_sheet, name="own-sheet"),
    path("team/attestations/", statements.attestations, name="attestations"),
    path("team/attestations/<int:learner>/<slug:slug>/attest", statements.attest_here, name="attest"),
    path("team/attestations/<int:pk>/take-back", statements.take_back_here, name="attestation-take-back"),
    path("directory/", directory.directory, name="directory"),
    path("profile/directory/", directory.own_entry, name="own-entry"),
    path("profile/directory/leave", directory.leave_directory, name="leave-directory"),
    path("profile/invitations/<int:pk>/join", organisations.join, name="join"),
    path("organisations/<slug:slug>/", organisations.organisation, name="organisation"),
    path("organisations/<slug:slug>/people.csv", organisations.people_file, name="organisation-people"),
    path("organisations/<slug:slug>/tier", organisations.show_tier, name="show-tier"),
    path("organisations/<slug:slug>/invite", organisations.invite_here, name="invite"),
    path("organisations/<slug:slug>/invitations/<int:pk>/again", organisations.invite_again, name="invite-again"),
    path(
        "organisations/<slug:slug>/invitations/<int:pk>/withdraw", organisations.invite_no_more, name="invite-no-more"
    ),
    path(
        "organisations/<slug:slug>/requests/<int:pk>/accept",
        organisations.answer_join,
        {"answer": "accept"},
        "join-accept",
    ),
    path(
        "organisations/<slug:slug>/requests/<int:pk>/decline",
        organisations.answer_join,
        {"answer": "decline"},
        "join-decline",
    ),
    path("admin/coverage/", coverage.index, name="coverage"),
    path("admin/coverage/figures.csv", coverage.figures_file, name="coverage-file"),
    path("admin/coverage/<slug:slug>/", coverage.one, name="coverage-one"),
    path("admin/reports/", program_reports.index, name="program-reports"),
    path("admin/reports/<slug:slug>/", program_reports.program, name="program-report"),
    path("admin/reports/<slug:slug>/people.csv", program_reports.people_file, name="program-report-people"),
    path("", include("courses.urls")),
    path("", include("assessments.urls")),
    path("admin/", admin.site.urls),  # last: the queue and the desk lie below /admin/ too
]
if settings.DEBUG:
    urlpatterns.append(path("dev/mail/", dev_mail.mails, name="dev-mail"))
