"""Every address of the portal."""

from django.contrib import admin
from django.urls import include, path

from accreditation.views import health, home

handler400 = "accreditation.views.errors.bad_request"
handler403 = "accreditation.views.errors.denied"
handler404 = "accreditation.views.errors.not_found"
handler500 = "accreditation.views.errors.failed"

urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("", include("courses.urls")),
    path("", include("assessments.urls")),
    path("", include("badges.urls")),
    path("admin/", admin.site.urls),  # last: the queue and the desk lie below /admin/ too
]
